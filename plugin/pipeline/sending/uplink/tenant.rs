//! Whose requests a file of the spool has.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::config::Otlp;

/// Identifies the endpoint and the credentials, so that a request that was kept for one tenant is not delivered with the
/// credentials of another. It is a quarter of a SHA-256, from which the credentials cannot be read. Headers that the app makes before every
/// export are not part of it: a token that was renewed is the same tenant.
pub(super) fn tenant(otlp: &Otlp) -> u64 {
    let mut digest = Sha256::new();
    let mut add = |part: &[u8]| {
        // With the lengths, so that `ab` and `c` are not `a` and `bc`.
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    };
    add(otlp.endpoint.as_str().as_bytes());
    let certificate = otlp.client_certificate.as_deref().map(Path::as_os_str);
    add(certificate.unwrap_or_default().as_encoded_bytes());
    for (name, value) in otlp.headers.iter() {
        add(name.as_bytes());
        add(value.as_bytes());
    }
    let digest = digest.finalize();
    u64::from_le_bytes(std::array::from_fn(|index| digest[index]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Headers, pipeline::sending::client};

    fn otlp(endpoint: &str, headers: &[(&str, &str)]) -> Otlp {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Otlp {
            headers: Headers::from(headers.iter().map(owned).collect::<Vec<_>>()),
            ..client::otlp(endpoint)
        }
    }

    #[test]
    fn another_endpoint_and_other_credentials_are_another_tenant() {
        let of = |endpoint, headers: &[_]| tenant(&otlp(endpoint, headers));
        let one = of("http://a:4318/v1/traces", &[("authorization", "one")]);
        let same = of("http://a:4318/v1/traces", &[("Authorization", "one")]);
        assert_eq!(one, same);
        for other in [
            of("http://a:4318/v1/traces", &[]),
            of("http://a:4318/v1/traces", &[("authorization", "two")]),
            of("http://b:4318/v1/traces", &[("authorization", "one")]),
            of(
                "http://user:secret@a:4318/v1/traces",
                &[("authorization", "one")],
            ),
        ] {
            assert_ne!(one, other);
        }
    }
}
