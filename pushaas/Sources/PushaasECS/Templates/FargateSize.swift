import PushaasProvisioning

/// A pair of CPU and memory that Fargate knows.
struct FargateSize: Sendable, Hashable {
    /// 1024 are one processor.
    let cpu: Int
    /// MiB.
    let memory: Int

    /// Source: "Task CPU and memory" in the ECS developer guide. A quarter of a processor has sizes of its own; above, memory goes in steps.
    private static let families: [(cpu: Int, memory: [Int])] = [
        (256, [512, 1024, 2048]),
        (512, Array(stride(from: 1024, through: 4096, by: 1024))),
        (1024, Array(stride(from: 2048, through: 8192, by: 1024))),
        (2048, Array(stride(from: 4096, through: 16_384, by: 1024))),
        (4096, Array(stride(from: 8192, through: 30_720, by: 1024))),
        (8192, Array(stride(from: 16_384, through: 61_440, by: 4096))),
        (16_384, Array(stride(from: 32_768, through: 122_880, by: 8192))),
    ]

    /// The smallest task that has room for all containers.
    ///
    /// - Returns: `nil` if there is none.
    init?(fitting containers: [Plan.Size]) {
        // A plan counts thousandths of a processor.
        let cpu = (containers.reduce(0) { $0 + $1.cpu } * 1024 + 999) / 1000
        let memory = containers.reduce(0) { $0 + $1.memory }
        for family in Self.families where family.cpu >= cpu {
            guard let fitting = family.memory.first(where: { $0 >= memory }) else { continue }
            self.cpu = family.cpu
            self.memory = fitting
            return
        }
        return nil
    }
}
