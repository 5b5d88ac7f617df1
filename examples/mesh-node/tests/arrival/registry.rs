//! Writes the families in the format of OpenTelemetry's registry of semantic conventions, `definition/2`, with which the
//! tests of TypeScript and Python compare theirs. What the format has no place for are annotations.

use std::{collections::BTreeMap, fs};

use serde_json::{Value, json};
use spankit::{Attribute, Declaration, Family, Instrument, Kind, Metric, Type};

#[allow(dead_code, reason = "only the declarations are read")]
#[path = "../../src/families.rs"]
mod families;

use families::{
    Aggregate, Append, Attest, Connect, Infer, MapeK, Merge, ReadMaps, Replicate, Train, Vote,
};

/// YAML, in the part of it that is JSON, so that Python and TypeScript read it without another package.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/families.yaml");

const STABILITY: &str = "development";

pub const DECLARATIONS: [Declaration; 11] = [
    MapeK::DECLARATION,
    Connect::DECLARATION,
    Attest::DECLARATION,
    Infer::DECLARATION,
    Train::DECLARATION,
    Append::DECLARATION,
    Vote::DECLARATION,
    ReadMaps::DECLARATION,
    Aggregate::DECLARATION,
    Replicate::DECLARATION,
    Merge::DECLARATION,
];

/// The text before the first placeholder.
pub fn id(family: &Declaration) -> &str {
    let end = family.name.find(" {").or_else(|| family.name.find(".{"));
    &family.name[..end.unwrap_or(family.name.len())]
}

fn brief(family: &Declaration) -> String {
    format!("Spans named {:?}.", family.name)
}

fn members(values: &[&str]) -> Value {
    let members = values.iter().map(
        |value| json!({ "id": value, "value": value, "brief": value, "stability": STABILITY }),
    );
    json!({ "members": members.collect::<Vec<_>>() })
}

fn attribute(family: &Declaration, attribute: &Attribute) -> Value {
    let mut defined = json!({
        "key": attribute.name,
        "type": match attribute.ty {
            Type::String => json!("string"),
            Type::Int => json!("int"),
            Type::Double => json!("double"),
            Type::Boolean => json!("boolean"),
            Type::Members(values) => members(values),
        },
        "brief": brief(family),
        "stability": STABILITY,
    });
    if let Some(unit) = attribute.unit {
        defined["annotations"] = json!({ "spankit": { "unit": unit } });
    }
    defined
}

/// The attribute that tells how a span ended.
fn outcome(family: &Declaration) -> Option<Attribute> {
    Some(Attribute {
        name: family.outcome?,
        ty: Type::Members(&["success", "failed", "partial"]),
        unit: None,
        is_optional: false,
    })
}

fn references<'a>(
    attributes: impl IntoIterator<Item = &'a Attribute>,
    is_start: bool,
) -> impl Iterator<Item = Value> {
    attributes.into_iter().map(move |attribute| {
        let level = if attribute.is_optional {
            "recommended"
        } else {
            "required"
        };
        json!({ "ref": attribute.name, "requirement_level": level, "sampling_relevant": is_start })
    })
}

fn span(family: &Declaration) -> Value {
    let start = references(family.start, true);
    let outcome = outcome(family);
    let end = family.end.iter().chain(&outcome);
    let attributes: Vec<_> = start.chain(references(end, false)).collect();
    let mut defined = json!({
        "type": id(family),
        "kind": match family.kind {
            Kind::Internal => "internal",
            Kind::Client => "client",
            Kind::Server => "server",
            Kind::Producer => "producer",
            Kind::Consumer => "consumer",
        },
        "name": { "note": family.name },
        "brief": brief(family),
        "stability": STABILITY,
        "attributes": attributes,
    });
    if let Some(outcome) = family.outcome {
        defined["annotations"] = json!({ "spankit": { "outcome": outcome } });
    }
    defined
}

fn metric(family: &Declaration, metric: &Metric) -> Value {
    let attributes = family.dimensions.iter().chain(&family.outcome);
    let attributes = attributes.map(|name| json!({ "ref": name }));
    json!({
        "name": metric.name,
        "instrument": match metric.instrument {
            Instrument::Counter => "counter",
            Instrument::Histogram => "histogram",
        },
        "unit": metric.unit.unwrap_or("1"),
        "brief": brief(family),
        "stability": STABILITY,
        "attributes": attributes.collect::<Vec<_>>(),
        "annotations": { "spankit": { "span": id(family), "of": metric.of } },
    })
}

fn registry() -> Value {
    let mut attributes = BTreeMap::new();
    for family in &DECLARATIONS {
        let outcome = outcome(family);
        for declared in family.start.iter().chain(family.end).chain(&outcome) {
            let defined = attributes
                .entry(declared.name)
                .or_insert_with(|| attribute(family, declared));
            let same = attribute(family, declared);
            assert_eq!(
                (&defined["type"], &defined["annotations"]),
                (&same["type"], &same["annotations"]),
                "{} is declared twice",
                declared.name
            );
        }
    }
    let metrics = DECLARATIONS.iter().flat_map(|family| {
        family
            .metrics
            .iter()
            .map(|declared| metric(family, declared))
    });
    json!({
        "file_format": "definition/2",
        "attributes": attributes.into_values().collect::<Vec<_>>(),
        "spans": DECLARATIONS.iter().map(span).collect::<Vec<_>>(),
        "metrics": metrics.collect::<Vec<_>>(),
    })
}

/// `cargo xtask test generated` fails if the file that is checked in is another one.
#[test]
fn the_families_are_written_as_a_registry() {
    let text = format!("{:#}\n", registry());
    if fs::read_to_string(FILE).is_ok_and(|written| written == text) {
        return;
    }
    fs::write(FILE, text).expect("the file can be written");
}
