import PushaasProvisioning
import Testing

@testable import PushaasECS

@Suite struct FargateSizeTests {
    static let expectations: [(cpu: Int, memory: Int, size: (cpu: Int, memory: Int)?)] = [
        (100, 100, (256, 512)), (250, 512, (256, 512)), (250, 513, (256, 1024)), (250, 2048, (256, 2048)),
        // Too much memory for a quarter, or a bit more than a quarter.
        (250, 2049, (512, 3072)), (251, 100, (512, 1024)), (500, 4097, (1024, 5120)), (1000, 1, (1024, 2048)),
        (2000, 16_000, (2048, 16_384)), (4000, 30_721, (8192, 32_768)), (8000, 17_000, (8192, 20_480)),
        (16_000, 122_880, (16_384, 122_880)), (16_001, 1, nil), (1, 122_881, nil),
    ]

    @Test(arguments: expectations.indices)
    func theNextPairThatFargateKnowsIsTaken(index: Int) {
        let (cpu, memory, expected) = Self.expectations[index]
        let size = FargateSize(fitting: [.init(cpu: cpu - 1, memory: memory - 1), .init(cpu: 1, memory: 1)])
        #expect(size?.cpu == expected?.cpu)
        #expect(size?.memory == expected?.memory)
    }
}
