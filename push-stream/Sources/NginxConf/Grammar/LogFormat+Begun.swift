extension LogFormat {
    /// The same line with all values in it but those that are not known yet.
    ///
    /// - Parameter isLate: whether a variable's value is to come.
    public func begun(_ source: some VariableSource, isLate: (Variable) -> Bool) -> LogFormat {
        let parts = self.value.parts.begun(isLate: isLate) { self.escaped(source.value(of: $0)) }
        return LogFormat(value: ComplexValue(parts: parts, source: ""), escaping: self.escaping)
    }
}

extension ComplexValue {
    /// The same text with all values in it but those that are not known yet.
    public func begun(_ source: some VariableSource, isLate: (Variable) -> Bool) -> ComplexValue {
        ComplexValue(parts: self.parts.begun(isLate: isLate) { source.value(of: $0) ?? "" }, source: "")
    }
}

extension [ComplexValue.Part] {
    fileprivate func begun(isLate: (Variable) -> Bool, value: (Variable) -> String) -> [ComplexValue.Part] {
        var parts: [ComplexValue.Part] = []
        var text = ""
        for part in self {
            switch part {
            case .variable(let variable) where isLate(variable):
                if !text.isEmpty { parts.append(.text(text)) }
                text = ""
                parts.append(part)
            case .variable(let variable): text += value(variable)
            case .text(let other): text += other
            }
        }
        if !text.isEmpty { parts.append(.text(text)) }
        return parts
    }
}
