import HTTPTypes
import Hummingbird
import Logging
import PushRuntime

/// Makes pages of errors, except where programs ask.
struct ErrorPageMiddleware<Context: RequestContext>: RouterMiddleware {
    let pages: Pages

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        if path == "/api" || path.hasPrefix("/api/") || HealthEndpoints.paths.contains(path) {
            return try await next(request, context)
        }
        do {
            return try await next(request, context)
        } catch let error as APIError {
            var page = self.page(error.status, message: error.message)
            for field in error.headers where field.name != .contentType { page.headers.append(field) }
            return page
        } catch let error as HTTPError {
            return self.page(error.status, message: error.body ?? error.status.reasonPhrase)
        } catch let error where error is CancellationError {
            throw error
        } catch {
            context.logger.error("request failed", metadata: ["error": .string(String(reflecting: error))])
            return self.page(.internalServerError, message: "")
        }
    }

    private func page(_ status: HTTPResponse.Status, message: String) -> Response {
        switch status {
        case .notFound:
            self.pages.error(status, title: "There is no such page", message: "The address is wrong, or the article was deleted.")
        case .internalServerError:
            self.pages.error(
                status, title: "This did not work",
                message: "Something is wrong with this app. Its log tells what. Nothing was changed.")
        default:
            self.pages.error(status, title: "This was not accepted", message: message)
        }
    }
}
