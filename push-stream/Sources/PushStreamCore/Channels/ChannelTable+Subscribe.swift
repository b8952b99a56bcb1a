import DequeModule

/// What a new subscriber asks of the store.
public struct SubscribeRequest: Sendable {
    public var channels: [RequestedChannel]
    public var position: ResumePosition
    /// `push_stream_authorized_channels_only`.
    public var authorizedOnly: Bool
    /// `push_stream_wildcard_channel_max_qtd`.
    public var maxWildcardChannels: Int?
    public var allowsEventsChannel: Bool

    public init(
        channels: [RequestedChannel], position: ResumePosition = .live, authorizedOnly: Bool = false,
        maxWildcardChannels: Int? = nil, allowsEventsChannel: Bool = false
    ) {
        self.channels = channels
        self.position = position
        self.authorizedOnly = authorizedOnly
        self.maxWildcardChannels = maxWildcardChannels
        self.allowsEventsChannel = allowsEventsChannel
    }
}

/// When a subscription is entered in the store.
public enum RegistrationRule: Sendable {
    /// Streams: always.
    case always
    /// Long polling: only if there is nothing to answer at once.
    case whenNothingIsStored
    /// Polling.
    case never
}

/// What the store held at one moment. Deliveries up to ``sequence`` are part of it and must be skipped.
public struct SubscribeResult: Sendable {
    /// Stored messages to send first, in the order in which they were published.
    public var messages: [Message]
    public var sequence: UInt64
    /// Empty if nothing was registered.
    public var registered: [ChannelToken]
    /// The subscriber's event id, if it is of another life of this store and nothing as late is here yet: messages up to it that come
    /// from now on are ones that the subscriber has.
    public var catchesUpFrom: StreamEventID?
    /// Time and tag of the newest message of the channels that had something; what a polling answer is dated with.
    public var newestTime: Int
    public var newestTag: Int?
}

extension ChannelTable {
    /// Takes the stored messages that the subscriber wants and registers it, as one step: with ``SubscribeResult/sequence`` no
    /// message is lost and none comes twice.
    ///
    /// The order of the checks is the Nginx module's, so that a request that breaks several rules gets the same answer.
    public mutating func subscribe(
        _ request: SubscribeRequest, rule: RegistrationRule, loop: Int, now: Int
    ) throws(StoreError) -> SubscribeResult {
        var wildcards = 0
        for requested in request.channels {
            try validate(requested.name)
            let isWildcard = isWildcard(requested.name)
            if isWildcard { wildcards += 1 }
            let known = channels[requested.name]
            if let known { expireMessages(of: known, now: now) }
            if request.authorizedOnly, !isWildcard, known?.history.isEmpty ?? true { throw .channelNotAuthorized }
            if let limit = settings.maxSubscribersPerChannel, let known, known.subscribers >= limit { throw .tooManySubscribers }
            if !request.allowsEventsChannel, requested.name == eventsChannel { throw .eventsChannelForbidden }
        }
        // A long poll may find its answer, and so need no place; but no channel is made for one that may get neither.
        if isFull, rule == .always || rule == .whenNothingIsStored && !request.channels.allSatisfy({ channels[$0.name] != nil }) {
            throw .serverIsFull
        }
        if let limit = request.maxWildcardChannels, wildcards > 0, wildcards > limit || wildcards == request.channels.count {
            throw .tooManyWildcardChannels
        }
        var targets: [(channel: Channel, backtrack: Int)] = []
        for requested in request.channels {
            targets.append((try channel(requested.name, now: now), requested.backtrack))
        }

        let catchesUpFrom = eventAhead(of: targets, request.position)
        let messages = storedMessages(of: targets, from: request.position, after: catchesUpFrom)
        var newestTime = request.position.time ?? 0
        var newestTag = request.position.tag
        let found = Set(messages.map(\.channel))
        for (channel, _) in targets where found.contains(channel.name.bytes) {
            if (channel.lastTime, channel.lastTag) > (newestTime, newestTag ?? -1) {
                (newestTime, newestTag) = (channel.lastTime, channel.lastTag)
            }
        }
        let registers =
            switch rule {
            case .always: true
            case .whenNothingIsStored: messages.isEmpty
            case .never: false
            }
        if registers {
            if isFull { throw .serverIsFull }
            for (channel, _) in targets {
                channel.addSubscriber(onLoop: loop)
                channel.inactiveAfter = now + settings.channelInactivityTime
            }
            subscribersPerLoop[loop] += 1
        }
        let result = SubscribeResult(
            messages: messages, sequence: lastSequence, registered: registers ? targets.map(\.channel.token) : [],
            catchesUpFrom: catchesUpFrom, newestTime: newestTime, newestTag: newestTag)
        if registers {
            for (channel, _) in targets { emitEvent("client_subscribed", channel, now: now) }
        }
        return result
    }

    /// Whether anybody is subscribed.
    public var hasSubscribers: Bool { subscribersPerLoop.contains { $0 > 0 } }

    /// Whether `push_stream_subscribers_limit` is reached.
    private var isFull: Bool {
        settings.maxSubscribers.map { subscribersPerLoop.reduce(0, +) >= $0 } ?? false
    }

    /// Gives back what ``subscribe(_:rule:loop:now:)`` registered.
    public mutating func unsubscribe(_ tokens: [ChannelToken], loop: Int, now: Int) {
        leave(tokens, loop: loop, now: now)
        subscribersPerLoop[loop] -= 1
    }

    /// Ends single subscriptions of a subscriber that stays connected, because other channels of it live on.
    public mutating func leave(_ tokens: [ChannelToken], loop: Int, now: Int) {
        for token in tokens {
            guard let channel = byToken[token] else { continue }
            channel.removeSubscriber(onLoop: loop)
            emitEvent("client_unsubscribed", channel, now: now)
            if channel.isDeleted, channel.subscribers == 0 { finishDeletion(of: channel, now: now) }
        }
    }

    // MARK: Start position

    /// The messages to send first, in publish order over all channels.
    ///
    /// - Parameter event: what the subscriber has, whatever time it was stored at here.
    private func storedMessages(
        of targets: [(channel: Channel, backtrack: Int)], from position: ResumePosition, after event: StreamEventID?
    ) -> [Message] {
        let place = globalPlace(of: position, in: targets)
        var result: [Message] = []
        var channelsWithMessages = 0
        for (channel, backtrack) in targets {
            let count = result.count
            if backtrack > 0 {
                result += channel.history.suffix(backtrack)
            } else if !position.isLive {
                let messages = messages(of: channel, from: position, place: place)
                result += event.map { event in messages.filter { $0.streamEventID.map { $0 > event } ?? true }[...] } ?? messages
            }
            if result.count > count { channelsWithMessages += 1 }
        }
        if channelsWithMessages > 1 { result.sort { $0.sequence < $1.sequence } }
        return result
    }

    /// The subscriber's event id, if all that the channels hold of its form is older.
    private func eventAhead(of targets: [(channel: Channel, backtrack: Int)], _ position: ResumePosition) -> StreamEventID? {
        guard let event = position.eventID.flatMap({ StreamEventID($0) }) else { return nil }
        let isReached = targets.contains { target in
            // The newest are last.
            target.channel.history.reversed().contains { $0.streamEventID.map { $0 >= event } ?? false }
        }
        return isReached ? nil : event
    }

    /// Where the event id stands in the order of all publishes, if one of the channels has it.
    private func globalPlace(of position: ResumePosition, in targets: [(channel: Channel, backtrack: Int)]) -> UInt64? {
        guard let eventID = position.eventID, targets.count > 1 else { return nil }
        return targets.compactMap { target in
            target.channel.history.first { $0.eventID == eventID }?.sequence
        }.min()
    }

    private func messages(of channel: Channel, from position: ResumePosition, place: UInt64?) -> ArraySlice<Message> {
        let history = Array(channel.history)
        // As in the module: everything after the event id, or from the first message later than time and tag.
        if let first = history.firstIndex(where: { message in
            (position.eventID != nil && message.eventID == position.eventID) || position.isBefore(message)
        }) {
            // Where time and tag point before the event, they win.
            return history[(position.isBefore(history[first]) ? first : first + 1)...]
        }
        guard let eventID = position.eventID, position.time == nil else { return [] }
        // Beyond the module: the id is another requested channel's.
        if let place {
            return history.firstIndex { $0.sequence > place }.map { history[$0...] } ?? []
        }
        // Beyond the module: the id is of another instance, or was evicted; ids of this form are ordered everywhere.
        guard let last = StreamEventID(eventID) else { return [] }
        let first = history.firstIndex { message in message.streamEventID.map { $0 > last } ?? false }
        guard let first else { return [] }
        return history[first...].filter { message in
            message.streamEventID.map { $0 > last } ?? true
        }[...]
    }
}
