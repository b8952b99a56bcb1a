import PushService

await PushServiceCommand.main()
