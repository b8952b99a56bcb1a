/// The codes in the bodies of error answers. Clients of push-api know these numbers, so none changes its meaning.
enum ErrorCode: Int, CaseIterable, Sendable {
    case channelCreateBody = 10
    case channelCreateExists = 11
    case channelCreateFailed = 12
    case channelGetNotFound = 20
    case channelGetFailed = 21
    case channelDeleteNotFound = 30
    case channelDeleteFailed = 31
    case channelListFailed = 40
    case channelListParameters = 41
    case messageBody = 100
    case messageFailed = 101
    case messageFormat = 102
    case messageIdempotencyConflict = 103
    case messageIdempotencyKey = 104
    case statisticsNotFound = 200
    case statisticsFailed = 201
    case statisticsParameters = 202
    case keyCreateBody = 300
    case keyFailed = 301
    case keyNotFound = 302
    case keyCreateTooMany = 303
    case keyRotateBody = 304
    case keyCreateTaken = 305
}
