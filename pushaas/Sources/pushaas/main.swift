import PushaasServer

print("pushaas \(pushaasVersion)")
