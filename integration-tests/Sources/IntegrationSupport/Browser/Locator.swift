/// How a user finds something on a page: by what it says.
public struct Locator: Sendable, CustomStringConvertible {
    let xpath: String
    public let description: String

    /// Anything that an XPath finds.
    public static func path(_ xpath: String) -> Locator { Locator(xpath: xpath, description: xpath) }

    /// A button with this text, or with this label for screen readers.
    public static func button(_ text: String) -> Locator {
        let literal = self.literal(text)
        return Locator(
            xpath: "//button[normalize-space()=\(literal) or @aria-label=\(literal)]", description: "the button '\(text)'")
    }

    public static func link(_ text: String) -> Locator {
        Locator(xpath: "//a[normalize-space()=\(self.literal(text))]", description: "the link '\(text)'")
    }

    /// The control that a label names.
    public static func field(_ label: String) -> Locator {
        let label = self.literal(label)
        return Locator(xpath: "//*[@id=//label[normalize-space()=\(label)]/@for]", description: "the field \(label)")
    }

    /// A radio button or a checkbox by the text of its label, which is what one clicks on.
    public static func choice(_ text: String) -> Locator {
        Locator(
            xpath: "//label[input and starts-with(normalize-space(), \(self.literal(text)))]", description: "the choice '\(text)'"
        )
    }

    /// A heading.
    public static func heading(_ text: String) -> Locator {
        let text = self.literal(text)
        return Locator(xpath: "//*[self::h1 or self::h2][normalize-space()=\(text)]", description: "the heading \(text)")
    }

    /// The innermost element that holds this text.
    public static func text(_ text: String) -> Locator {
        let literal = self.literal(text)
        return Locator(
            xpath: "//body//*[contains(normalize-space(), \(literal))][not(*[contains(normalize-space(), \(literal))])]",
            description: "the text '\(text)'")
    }

    /// The first of these within an element of another locator.
    public func within(_ outer: Locator) -> Locator {
        Locator(xpath: outer.xpath + self.xpath, description: "\(self) in \(outer)")
    }

    /// XPath has no escapes in its literals.
    private static func literal(_ text: String) -> String {
        if !text.contains("'") { return "'\(text)'" }
        let parts = text.split(separator: "'", omittingEmptySubsequences: false).map { "'\($0)'" }
        return "concat(\(parts.joined(separator: ", \"'\", ")))"
    }
}

/// Keys as WebDriver writes them.
public enum Key {
    public static let tab = "\u{E004}"
    public static let enter = "\u{E007}"
    public static let escape = "\u{E00C}"
    public static let space = " "
    public static let left = "\u{E012}"
    public static let control = "\u{E009}"
}
