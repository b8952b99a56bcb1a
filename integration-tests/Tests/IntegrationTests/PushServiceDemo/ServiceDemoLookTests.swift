import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// How the pages look and are used: phones, dark, the keyboard, no scripts.
    @Suite struct ServiceDemoLook {
        @Test(arguments: Screen.allCases)
        func `every page fits its screen, and its text can be read`(screen: Screen) async throws {
            try await withServiceDemo { demo in
                let tab = try await demo.tab()
                try await tab.emulate(screen)
                try await demo.write("Wide" + String(repeating: "w", count: 150), String(repeating: "x", count: 400), in: tab)
                let article: String = try await tab.evaluate("return location.pathname")
                for path in ["/", article, "\(article)/edit", "\(article)/delete", "/articles/new", "/status", "/nowhere"] {
                    try await tab.open(demo.address + path)
                    try await tab.awaitShown(.path("//h1"))
                    let overflowing: [String] = try await tab.evaluate(Self.overflowing)
                    #expect(overflowing.isEmpty, "\(path) at \(screen): \(overflowing)")
                    let poor: [String] = try await tab.evaluate(Self.poorContrasts)
                    #expect(poor.isEmpty, "\(path) at \(screen): \(poor)")
                    let image = try await tab.screenshot()
                    if let folder = ProcessInfo.processInfo.environment["SCREENSHOTS"] {
                        let name = path.split(separator: "/").joined(separator: "-")
                        try image.write(to: URL(filePath: "\(folder)/service-demo-\(name)-\(screen).png"))
                    }
                }
            }
        }

        @Test func `everything can be done with the keyboard`() async throws {
            try await withServiceDemo { demo in
                let tab = try await demo.tab()
                try await tab.awaitShown(.badge("Live"))
                try await tab.press(Key.tab)
                #expect(try await tab.focused() == "Skip to the content")
                try await tab.press(Key.enter)
                // From the content on.
                try await tab.press(Key.tab)
                #expect(try await tab.focused() == "Write an article")
                try await tab.press(Key.enter)
                try await tab.awaitShown(.field("Title"))
                try await tab.type("By keyboard", into: .field("Title"))
                try await tab.press(Key.enter)
                try await tab.awaitShown(.heading("By keyboard"))
            }
        }

        /// The elements that are wider than the screen.
        private static let overflowing = """
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return [];
            const wide = [...document.body.querySelectorAll("*")].filter((element) =>
              element.getBoundingClientRect().right > width || element.scrollWidth > element.clientWidth + 1);
            return [`${document.documentElement.scrollWidth} > ${width}`, ...wide.map((element) => element.outerHTML.slice(0, 80))];
            """

        /// The texts whose colour is too near to their background's (less than 4.5 to 1).
        private static let poorContrasts = """
            const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
            const parse = (color) => {
              canvas.clearRect(0, 0, 1, 1);
              canvas.fillStyle = color;
              canvas.fillRect(0, 0, 1, 1);
              return [...canvas.getImageData(0, 0, 1, 1).data];
            };
            const luminance = ([r, g, b]) => [r, g, b].map((value) => value / 255)
              .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
              .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
            const background = (element) => {
              for (let at = element; at; at = at.parentElement) {
                const color = parse(getComputedStyle(at).backgroundColor);
                if (color[3] === 255) return color;
              }
              return [255, 255, 255];
            };
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            const poor = [];
            while (walker.nextNode()) {
              const element = walker.currentNode.parentElement;
              if (!walker.currentNode.textContent.trim() || !element.checkVisibility() || element.tagName === "NOSCRIPT") continue;
              const [one, two] = [parse(getComputedStyle(element).color), background(element)].map(luminance);
              const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
              if (ratio < 4.5) poor.push(`${walker.currentNode.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
            }
            return poor;
            """
    }
}
