import NginxConf

extension ConfigurationBuilder {
    /// Every `limit_conn_zone`.
    func zones(_ http: Block) throws(ConfigurationError) -> [ConnectionZone] {
        var zones: [ConnectionZone] = []
        for directive in http.all("limit_conn_zone") {
            let zone = try ConnectionZoneDirective(directive)
            if let known = zones.first(where: { $0.name == zone.name }) {
                throw directive.error(
                    "limit_conn_zone \"\(zone.name)\" is already bound to key \"\(known.key.source)\"")
            }
            zones.append(
                ConnectionZone(name: zone.name, key: try self.complex(zone.key, directive), size: zone.size))
        }
        return zones
    }

    /// `limit_conn` of a level.
    func connectionLimits(_ scope: Scope) throws(ConfigurationError) -> ConnectionLimits? {
        let directives = scope.nearestAll("limit_conn")
        if directives.isEmpty { return nil }
        var limits: [(zone: ConnectionZone, limit: Int)] = []
        for directive in directives {
            let limit = try ConnectionLimitDirective(directive)
            guard let zone = self.zones.first(where: { $0.name == limit.zone }) else {
                throw directive.error("zero size shared memory zone \"\(limit.zone)\"")
            }
            if limits.contains(where: { $0.zone === zone }) { throw directive.error("\"limit_conn\" directive is duplicate") }
            limits.append((zone, limit.limit))
        }
        return ConnectionLimits(
            limits: limits, status: scope.number("limit_conn_status") ?? 503,
            logLevel: scope.text("limit_conn_log_level").flatMap(ErrorLogLevel.init(label:)) ?? .error,
            isDryRun: scope.flag("limit_conn_dry_run") ?? false)
    }
}
