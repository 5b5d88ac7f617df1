//! Errors by type and place.

use super::{
    paginate,
    params::{Params, QueryError, hex, span_hex},
};
use crate::{
    api::{ErrorExample, ErrorGroup, ErrorsAnswer},
    store::{Reader, millis},
};

/// The groups that came in the period, the most recent first. The period is rounded to slots, by which they are counted.
pub(crate) fn errors(reader: &mut Reader, params: &Params) -> Result<ErrorsAnswer, QueryError> {
    let page = params.page(100, 1000)?;
    let period = params.period()?;
    let (service, search) = (
        params.text("service"),
        params.text("search").map(str::to_lowercase),
    );
    let mut statement = reader.connection.prepare_cached(
        "SELECT type, place, service, sum(count), first, last, message, stack, trace_id, span_id FROM errors \
         JOIN error_slots ON error_slots.error = errors.id WHERE slot >= ? AND slot <= ? \
         GROUP BY errors.id ORDER BY last DESC",
    )?;
    let mut rows = statement.query(period.slots())?;
    let mut items = Vec::new();
    let mut skipped = 0;
    while let Some(row) = rows.next()? {
        let trace_id: Option<[u8; 16]> = row.get(8)?;
        let span_id: Option<i64> = row.get(9)?;
        let group = ErrorGroup {
            error_type: row.get(0)?,
            place: row.get(1)?,
            service: row.get(2)?,
            count: row.get(3)?,
            first_seen: millis(row.get(4)?),
            last_seen: millis(row.get(5)?),
            example: ErrorExample {
                message: row.get(6)?,
                stack: row.get(7)?,
                trace_id: trace_id.map(|id| hex(&id)),
                span_id: span_id.filter(|id| *id != 0).map(span_hex),
            },
        };
        let has = |text: &str| {
            search
                .as_ref()
                .is_none_or(|search| text.to_lowercase().contains(search))
        };
        if service.is_some_and(|service| service != group.service)
            || !(has(&group.error_type) || has(&group.place) || has(&group.example.message))
        {
            continue;
        }
        if skipped < page.offset {
            skipped += 1;
            continue;
        }
        items.push(group);
        if items.len() > page.limit {
            break;
        }
    }
    let pagination = paginate(&mut items, page);
    Ok(ErrorsAnswer { items, pagination })
}
