import PushaasProvisioning
import PushaasServer
import Testing

@Suite struct InstanceTests {
    @Test func statusesAreStoredByTheirNames() {
        #expect(InstanceStatus.allCases.map(\.rawValue) == ["pending", "running", "updating", "failed"])
    }
}
