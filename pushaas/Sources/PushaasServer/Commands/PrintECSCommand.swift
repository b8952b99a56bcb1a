import FoundationEssentials
import PushRuntime
import PushSystem
import PushaasECS
import PushaasProvisioning

/// `pushaas print-ecs`: task definitions and services for those who put a Push Service, or pushaas, on an ECS cluster by hand.
public struct PrintECSCommand {
    public static let help = """
        Prints what pushaas sends to Amazon ECS, as JSON with placeholders (${REGION}) for a deployment by hand.

        Usage: pushaas print-ecs                                the names of the documents
               pushaas print-ecs [--plan PLAN] NAME             one of them
               pushaas print-ecs [--plan PLAN] --into FOLDER    all of them, in FOLDER/push-service/ecs and FOLDER/pushaas/ecs

        PLAN is the size of the instance, as the configuration says: small (the default), medium, large.
        The README.md beside the files in the repository says what each placeholder is, and how to use them.

        """

    private var plan = "small"
    private var folder: String?
    private var name: String?

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs the command.
    ///
    /// - Parameters:
    ///   - arguments: Those after `print-ecs`.
    ///   - values: pushaas' configuration, which says what the plans are.
    /// - Returns: The exit status: 0, 1 for what cannot be done, or 2 for a misuse.
    public static func run(_ arguments: [String], _ values: () throws -> ConfigurationValues) -> Int32 {
        if arguments.contains("--help") || arguments.contains("-h") {
            print(self.help, terminator: "")
            return 0
        }
        do {
            var command = PrintECSCommand()
            guard command.read(arguments) else { return self.refuse("cannot read '\(arguments.joined(separator: " "))'", 2) }
            try command.execute(values())
            return 0
        } catch {
            return self.refuse("\(error)", 1)
        }
    }

    private static func refuse(_ reason: String, _ status: Int32) -> Int32 {
        Console.report("pushaas print-ecs: \(reason); see pushaas print-ecs --help")
        return status
    }

    /// - Returns: Whether all arguments make sense.
    private mutating func read(_ arguments: [String]) -> Bool {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--plan":
                guard let plan = rest.popFirst() else { return false }
                self.plan = plan
            case "--into":
                guard let folder = rest.popFirst() else { return false }
                self.folder = folder
            default:
                guard !argument.hasPrefix("-"), self.name == nil else { return false }
                self.name = argument
            }
        }
        return self.folder == nil || self.name == nil
    }

    private func execute(_ values: ConfigurationValues) throws {
        let plans = try PushaasConfiguration.plans(values)
        guard let plan = plans[self.plan] else {
            throw Failure(description: "there is no plan '\(self.plan)', but \(plans.plans.map(\.name).joined(separator: ", "))")
        }
        let all = try ECSDocuments(plan: plan)
        if let folder {
            for document in all.documents {
                let path = "\(folder)/\(document.path)"
                try FileManager.default.createDirectory(atPath: "\(folder)/\(document.folder)", withIntermediateDirectories: true)
                try Data(document.text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
                print(path)
            }
        } else if let name {
            guard let document = all.document(named: name) else {
                throw Failure(description: "there is no document '\(name)'")
            }
            print(document.text, terminator: "")
        } else {
            for document in all.documents { print(document.name) }
        }
    }
}
