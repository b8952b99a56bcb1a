import PushaasProvisioning

extension InstanceKeys {
    /// A string with a time to live: who binds or unbinds this app or job of the instance.
    func bindLock(_ id: InstanceID, _ subject: BindSubject) -> String {
        "\(self.bindAppPrefix)-lock:\(id):\(subject.kind.rawValue):\(subject.name)"
    }

    /// A string with a time to live: the bind of this app or job, undone of late, see ``BindRepository/formerLifetime``.
    func formerBind(_ id: InstanceID, _ subject: BindSubject) -> String {
        "\(self.bindAppPrefix)-former:\(id):\(subject.kind.rawValue):\(subject.name)"
    }

    /// A hash with a time to live: where the day's count of messages began.
    func figures(_ id: InstanceID) -> String { "\(self.instancePrefix)-figures:\(id)" }
}
