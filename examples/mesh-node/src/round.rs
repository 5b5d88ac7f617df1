//! One round of the node: it looks at the mesh, finds out what is wrong, decides, and acts. What other nodes would say is
//! made up; what this node makes of it is not.

use std::{convert::Infallible, fmt::Write, time::Duration};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use spankit::{Bytes, Ratio, workflow::Run};

use crate::families::{
    Aggregate, AggregateEnd, Append, AppendEnd, Attest, AttestEnd, Connect, ConnectEnd, Infer,
    InferEnd, MapeK, MapeKEnd, Merge, MergeEnd, Phase, ReadMaps, ReadMapsEnd, Replicate,
    ReplicateEnd, Train, TrainEnd, Vote, VoteEnd,
};

/// The peers, and how far each is away.
const PEERS: [(&str, u32); 3] = [("node-b", 1), ("node-c", 2), ("node-d", 4)];

/// The share of the peers that has to agree.
const QUORUM: Ratio = Ratio(0.5);

/// Runs all four phases as one trace.
///
/// # Errors
/// If no peer is close enough to act with.
pub fn run(id: &str) -> Result<()> {
    let round = Run::new("mesh-round", id).start();
    round.in_scope(|| {
        let distances = phase(Phase::Monitor, monitor)?;
        let near = phase(Phase::Analyze, || analyze(&distances))?;
        let block = phase(Phase::Plan, || plan(&near))?;
        phase(Phase::Execute, || execute(&near, &block))
    })?;
    round.ok(());
    Ok(())
}

/// Runs a phase, whose findings are what it returns.
fn phase<T>(phase: Phase, work: impl FnOnce() -> Result<Vec<T>>) -> Result<Vec<T>> {
    MapeK { phase, cycle: 1 }.run_blocking(work, |found| MapeKEnd {
        findings: found.len() as u64,
    })
}

fn monitor() -> Result<Vec<(&'static str, u32)>> {
    Attest {
        trust_domain: "mesh.example",
        svid_type: "x509",
    }
    .start()
    .ok(AttestEnd {
        lifetime: Duration::from_secs(3600),
    });
    for (peer, hops) in PEERS {
        Connect {
            peer,
            transport: "udp",
        }
        .start()
        .ok(ConnectEnd {
            hops,
            round_trip: Duration::from_millis(u64::from(hops) * 10),
        });
    }
    ReadMaps {
        program: "tcp_retransmit",
        hook: "tracepoint",
    }
    .start()
    .ok(ReadMapsEnd {
        events: 120,
        lost: 2,
    });
    Ok(PEERS.to_vec())
}

fn analyze(distances: &[(&'static str, u32)]) -> Result<Vec<&'static str>> {
    let near = || {
        let near = distances.iter().filter(|(_, hops)| *hops <= 2);
        Ok::<Vec<_>, Infallible>(near.map(|(peer, _)| *peer).collect())
    };
    let infer = Infer {
        model: "anomaly",
        version: "3",
    };
    let found = infer.run_blocking(near, |near| InferEnd {
        samples: distances.len() as u64,
        confidence: Ratio(near.len() as f64 / distances.len() as f64),
    })?;
    found.first().context("no peer is near")?;
    Ok(found)
}

fn plan(near: &[&str]) -> Result<Vec<String>> {
    let votes = near.len() as u64 + 1;
    let is_accepted = votes as f64 > QUORUM.0 * (PEERS.len() + 1) as f64;
    Vote {
        proposal: 17,
        quorum: QUORUM,
    }
    .start()
    .ok(VoteEnd { votes, is_accepted });
    Replicate { term: 3, index: 42 }.start().ok(ReplicateEnd {
        acknowledged: near.len() as u64,
        is_committed: is_accepted,
    });
    Ok(near
        .iter()
        .map(|peer| format!("route via {peer}"))
        .collect())
}

fn execute(near: &[&str], block: &[String]) -> Result<Vec<String>> {
    Train {
        model: "anomaly",
        epoch: 1,
    }
    .start()
    .ok(TrainEnd {
        samples: 3,
        loss: 0.25,
    });
    // One of the peers is too far away to send its update in time.
    Aggregate {
        round: 1,
        expected: PEERS.len() as u64,
    }
    .start()
    .partial(AggregateEnd {
        received: near.len() as u64,
    });
    merge(&[1, 4, 2], &[3, 1, 2]);
    append(block)
}

/// Merges two counters that only grow, each with a part for every replica.
fn merge(own: &[u64], other: &[u64]) -> Vec<u64> {
    let merge = Merge {
        crdt: "g_counter",
        replica: "node-b",
    }
    .start();
    let merged = own.iter().zip(other).map(|(own, other)| *own.max(other));
    let merged: Vec<_> = merged.collect();
    merge.ok(MergeEnd {
        operations: merged.len() as u64,
        conflicts: own
            .iter()
            .zip(other)
            .filter(|(own, other)| own != other)
            .count() as u64,
    });
    merged
}

fn append(block: &[String]) -> Result<Vec<String>> {
    let append = Append {
        ledger: "mesh",
        height: 1,
    }
    .start();
    let bytes = block.join("\n");
    let mut hash = String::new();
    for byte in Sha256::digest(&bytes) {
        write!(hash, "{byte:02x}")?;
    }
    append.ok(AppendEnd {
        size: Bytes(bytes.len() as u64),
        block_hash: &hash,
    });
    Ok(vec![hash])
}
