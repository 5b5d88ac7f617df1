//! Functions that return a future, which runs when their span has ended.

// As `async_trait` makes an `async fn` of a trait.
#[spankit::spanned(Import)]
fn boxed() -> std::pin::Pin<Box<dyn std::future::Future<Output = std::io::Result<()>> + Send>> {
    Box::pin(async { Ok(()) })
}

#[spankit::spanned(Import)]
fn opaque() -> impl std::future::Future<Output = ()> {
    async {}
}

fn main() {}
