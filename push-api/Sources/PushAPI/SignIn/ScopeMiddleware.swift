import Hummingbird

/// Refuses, by 403, principals that lack a scope.
struct ScopeMiddleware: RouterMiddleware {
    let scope: Scope

    func handle(
        _ request: Request, context: APIRequestContext, next: (Request, APIRequestContext) async throws -> Response
    ) async throws -> Response {
        try context.principal.require(self.scope)
        return try await next(request, context)
    }
}

extension RouterGroup where Context == APIRequestContext {
    /// A group of the same path whose routes need a scope.
    func requiring(_ scope: Scope) -> RouterGroup<APIRequestContext> {
        self.group().add(middleware: ScopeMiddleware(scope: scope))
    }
}
