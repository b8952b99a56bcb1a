/// What stands in the parentheses of `if`.
public enum Condition: Sendable {
    /// `$a`: neither empty nor `0`.
    case isTrue(Variable)
    /// `$a = value` and, negated, `$a != value`.
    case equals(Variable, ComplexValue, negated: Bool)
    /// `~`, `~*` and, negated, `!~`, `!~*`.
    case matches(Variable, RegularExpression, negated: Bool)

    @inlinable
    public func holds(_ source: some VariableSource) -> Bool {
        self.evaluate(source).holds
    }

    /// Also gives what a regular expression captured.
    @inlinable
    public func evaluate(_ source: some VariableSource) -> (holds: Bool, captures: RegularExpressionCaptures?) {
        switch self {
        case .isTrue(let variable):
            let value = source.value(of: variable) ?? ""
            return (!value.isEmpty && value != "0", nil)
        case .equals(let variable, let expected, let negated):
            return ((source.value(of: variable) ?? "") == expected.evaluate(source) ? !negated : negated, nil)
        case .matches(let variable, let expression, let negated):
            let captures = expression.firstMatch(in: source.value(of: variable) ?? "")
            return ((captures != nil) != negated, captures)
        }
    }
}
