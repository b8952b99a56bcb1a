extension ExchangeGroup {
    /// All of them. Groups go on at once, each with a server of its own.
    static let all: [ExchangeGroup] = [
        ExchangeGroup("publisher", publisherExchanges),
        ExchangeGroup("streaming", streamingExchanges),
        ExchangeGroup("polling", pollingExchanges),
        ExchangeGroup("long-polling", concurrency: 12, longPollingExchanges),
        ExchangeGroup("eventsource", concurrency: 12, eventSourceExchanges),
        ExchangeGroup("padding", paddingExchanges),
        ExchangeGroup("websocket", concurrency: 8, webSocketExchanges),
        ExchangeGroup("frames", concurrency: 8, frameExchanges),
        ExchangeGroup("positions", concurrency: 1, headerPositionExchanges),
        ExchangeGroup("positions-by-argument", concurrency: 1, argumentPositionExchanges),
        ExchangeGroup("statistics", statisticsExchanges),
        ExchangeGroup("totals", concurrency: 1, totalExchanges),
        ExchangeGroup("http", httpExchanges),
        ExchangeGroup("files", configuration: "files", concurrency: 1, fileExchanges),
        ExchangeGroup("error-pages", configuration: "files", errorPageExchanges),
        ExchangeGroup("connections", configuration: "files", concurrency: 1, connectionExchanges),
        ExchangeGroup("limits", configuration: "limits", concurrency: 1, limitExchanges),
        ExchangeGroup("lifetimes", configuration: "lifetimes", lifetimeExchanges),
        ExchangeGroup("trash", configuration: "lifetimes", concurrency: 1, trashExchanges),
        ExchangeGroup("events", configuration: "events", concurrency: 1, eventsExchanges),
        ExchangeGroup("timeouts", configuration: "timeouts", concurrency: 8, timeoutExchanges),
        ExchangeGroup("memory", configuration: "memory", concurrency: 1, memoryExchanges),
    ]
}
