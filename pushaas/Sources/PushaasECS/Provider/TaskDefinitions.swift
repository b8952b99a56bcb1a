import Logging
import PushModels

/// The revisions of task definitions.
struct TaskDefinitions: Sendable {
    let aws: AWSClient

    /// The revision that was made from exactly this, or a new one.
    ///
    /// - Parameter preferred: The ARN of the one that is in use: taken if it fits, so that nothing is replaced by its like.
    /// - Returns: Its ARN.
    func ensure(_ definition: JSONValue, preferred: String?) async throws -> String {
        let digest = Self.digest(definition)
        var candidates = try await self.revisions(of: definition["family"]?.string ?? "")
        if let preferred, let index = candidates.firstIndex(of: preferred) { candidates.swapAt(0, index) }
        for arn in candidates {
            let answer = try await self.aws.json(
                .ecs, "DescribeTaskDefinition", ["taskDefinition": .string(arn), "include": ["TAGS"]])
            if Self.digest(answer) == digest { return arn }
        }
        let answer = try await self.aws.json(.ecs, "RegisterTaskDefinition", definition)
        guard let arn = answer["taskDefinition"]?["taskDefinitionArn"]?.string else {
            throw AWSError(.ecs, "RegisterTaskDefinition", code: "BadAnswer", message: "there is no ARN in it", status: 200)
        }
        return arn
    }

    /// The ARNs of the active ones, newest first.
    func revisions(of family: String) async throws -> [String] {
        try await self.list(family, status: "ACTIVE")
    }

    private func list(_ family: String, status: String) async throws -> [String] {
        let arns = try await self.aws.pages(
            .ecs, "ListTaskDefinitions",
            ["familyPrefix": .string(family), "status": .string(status), "sort": "DESC"], items: "taskDefinitionArns")
        // The filter is a prefix, whose meaning is left open: another family may begin likewise.
        return arns.compactMap(\.string).filter { Self.family(of: $0) == family }
    }

    /// Retires all revisions but one. `nil` retires all.
    func retire(_ family: String, except kept: String?) async throws {
        for arn in try await self.revisions(of: family) where arn != kept {
            do {
                try await self.aws.json(.ecs, "DeregisterTaskDefinition", ["taskDefinition": .string(arn)])
            } catch let error as AWSError where error.code == "ClientException" && !error.isTransient {
                // Another look was faster.
                self.aws.logger.debug("A task definition could not be retired", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// Takes away a family altogether.
    func remove(_ family: String) async throws {
        try await self.retire(family, except: nil)
        let retired = try await self.list(family, status: "INACTIVE")
        // Ten are the most that one call takes.
        for start in stride(from: 0, to: retired.count, by: 10) {
            let batch = retired[start..<min(start + 10, retired.count)]
            do {
                try await self.aws.json(.ecs, "DeleteTaskDefinitions", ["taskDefinitions": .array(batch.map(JSONValue.string))])
            } catch let error as AWSError where error.code == "ClientException" && !error.isTransient {
                // A call whose answer was lost has done it; whatever else it may be, some are still there then.
                let left = Set(try await self.list(family, status: "INACTIVE"))
                guard left.isDisjoint(with: batch) else { throw error }
            }
        }
    }

    /// `mine` of `arn:aws:ecs:eu-west-1:123456789012:task-definition/mine:3`.
    static func family(of arn: String) -> String? {
        arn.split(separator: "/").last.flatMap { $0.split(separator: ":").first }.map(String.init)
    }

    private static func digest(_ value: JSONValue) -> String? {
        value["tags"]?.elements.first { $0["key"]?.string == ECSTemplates.digestTag }?["value"]?.string
    }
}
