import GRDB

extension ArticleStore {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("articles and outbox") { database in
            // AUTOINCREMENT: a page may still show an article that was deleted, so its id must not become another's.
            try database.execute(
                sql: """
                    CREATE TABLE article (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        title TEXT NOT NULL,
                        text TEXT NOT NULL,
                        version INTEGER NOT NULL,
                        created TEXT NOT NULL,
                        updated TEXT NOT NULL
                    );
                    CREATE TABLE outbox (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        event_id TEXT NOT NULL,
                        channels TEXT NOT NULL,
                        payload TEXT NOT NULL
                    );
                    """)
            // In the migration, so that they do not come back when somebody has deleted them.
            let now = Timestamp.now()
            for sample in SampleArticles.all {
                try database.execute(
                    sql: "INSERT INTO article (title, text, version, created, updated) VALUES (?, ?, 1, ?, ?)",
                    arguments: [sample.title, sample.text, now, now])
            }
        }
        return migrator
    }
}

/// What a new database begins with.
enum SampleArticles {
    static let all: [(title: String, text: String)] = [
        (
            "How this page stays up to date",
            """
            Every change of an article is written into the database together with a note of what has to be published. A worker of this app \
            sends these notes to push-api in their order; push-stream passes them on to every browser that is subscribed.

            The list is subscribed to the channel "articles", the page of an article to a channel of its own, "article-" and its number.
            """
        ),
        (
            "Open me in two windows",
            """
            Open this article in two windows, edit it in one of them, and watch the other.

            Then stop the Push Service and edit again: the app goes on, the other window says that it is not live, and as soon as the Push \
            Service is back, it catches up.
            """
        ),
    ]
}
