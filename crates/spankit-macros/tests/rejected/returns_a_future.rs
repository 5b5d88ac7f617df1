use std::{future::Future, pin::Pin};

use spankit::run::Run;

// As `async_trait` makes an `async fn` of a trait.
#[spankit::spanned(Run::new("import"))]
fn boxed() -> Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>> {
    Box::pin(async { Ok(()) })
}

#[spankit::spanned(Run::new("import"))]
fn opaque() -> impl Future<Output = ()> {
    async {}
}

fn main() {}
