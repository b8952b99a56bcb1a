import ArgumentParser

/// The load client of this repository.
public struct PushLoadCommand: ParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "push-load",
        abstract:
            "Puts load on a push server and measures it: push-stream, Nginx with the Push Stream module, nchan, or push-api.",
        discussion: """
            The client is one thread on epoll. It checks what it receives: each subscriber must get each message once and in \
            order, else the command fails. The output says when the client, not the server, was the limit.

            A location of another server is named by templates such as --publish-path '/pub?id={channel}'; {channel} becomes \
            the channel's id.
            """,
        subcommands: [
            FanoutCommand.self, PublishCommand.self, ConnectCommand.self, IdleCommand.self, SlowCommand.self, APICommand.self,
            DelayCommand.self,
        ])

    public init() {}
}
