//! The ten families of a mesh node.

use std::time::Duration;

use spankit::{Bytes, Ratio, span_family};

// 1. Autonomic control.
span_family! {
    /// The phases of the loop.
    pub enum Phase { Monitor = "monitor", Analyze = "analyze", Plan = "plan", Execute = "execute" }

    /// One phase of MAPE-K.
    pub span MapeK("mape_k.{phase}", internal) {
        phase: Phase = "mape_k.phase",
        cycle: u64 = "mape_k.cycle",
    } => MapeKEnd {
        findings: u64 = "mape_k.findings",
        outcome = "mape_k.outcome",
    }
    metrics by(phase) {
        duration: histogram = "mape_k.phase.duration",
        findings: counter = "mape_k.findings",
    }
}

// 2. The network.
span_family! {
    /// A connection to a peer.
    pub span Connect("mesh.connect {peer}", client) {
        peer: &str = "mesh.peer.id",
        transport: &str = "network.transport",
    } => ConnectEnd {
        hops: u32 = "mesh.hops",
        round_trip: Duration = "mesh.round_trip",
    }
    metrics by(transport) {
        round_trip: histogram = "mesh.round_trip",
    }
}

// 3. Identities.
span_family! {
    /// A SPIFFE identity is issued or renewed.
    pub span Attest("spiffe.attest", client) {
        trust_domain: &str = "spiffe.trust_domain",
        svid_type: &str = "spiffe.svid.type",
    } => AttestEnd {
        lifetime: Duration = "spiffe.svid.lifetime",
    }
    metrics by(svid_type) {
        duration: histogram = "spiffe.attest.duration",
    }
}

// 4. Machine learning.
span_family! {
    /// A model answers.
    pub span Infer("ml.infer {model}", internal) {
        model: &str = "ml.model.name",
        version: &str = "ml.model.version",
    } => InferEnd {
        samples: u64 = "ml.samples",
        confidence: Ratio = "ml.confidence",
    }
    metrics by(model) {
        duration: histogram = "ml.infer.duration",
        samples: counter = "ml.inferred_samples",
    }

    /// A model learns.
    pub span Train("ml.train {model}", internal) {
        model: &str = "ml.model.name",
        epoch: u64 = "ml.epoch",
    } => TrainEnd {
        samples: u64 = "ml.samples",
        loss: f64 = "ml.loss",
    }
    metrics by(model) {
        duration: histogram = "ml.train.duration",
    }
}

// 5. The ledger.
span_family! {
    /// A block is appended.
    pub span Append("ledger.append", internal) {
        ledger: &str = "ledger.name",
        height: u64 = "ledger.height",
    } => AppendEnd {
        size: Bytes = "ledger.block.size",
        block_hash: &str = "ledger.block.hash",
    }
    metrics by(ledger) {
        size: counter = "ledger.written",
    }
}

// 6. Governance.
span_family! {
    /// A proposal of the DAO is voted on.
    pub span Vote("dao.vote", internal) {
        proposal: u64 = "dao.proposal.id",
        quorum: Ratio = "dao.quorum",
    } => VoteEnd {
        votes: u64 = "dao.votes",
        is_accepted: bool = "dao.is_accepted",
    }
    metrics {
        votes: counter = "dao.votes",
        is_accepted: counter = "dao.accepted_proposals",
    }
}

// 7. eBPF.
span_family! {
    /// The maps of an eBPF program are read.
    pub span ReadMaps("ebpf.read {program}", internal) {
        program: &str = "ebpf.program.name",
        hook: &str = "ebpf.hook",
    } => ReadMapsEnd {
        events: u64 = "ebpf.events",
        lost: u64 = "ebpf.lost_events",
    }
    metrics by(program) {
        events: counter = "ebpf.events",
        lost: counter = "ebpf.lost_events",
    }
}

// 8. Federated learning.
span_family! {
    /// The updates of a round are averaged.
    pub span Aggregate("fl.aggregate", internal) {
        round: u64 = "fl.round",
        expected: u64 = "fl.clients.expected",
    } => AggregateEnd {
        received: u64 = "fl.clients.received",
        outcome = "fl.outcome",
    }
    metrics {
        duration: histogram = "fl.aggregate.duration",
        received: counter = "fl.updates",
    }
}

// 9. Consensus.
span_family! {
    /// An entry is replicated by Raft.
    pub span Replicate("raft.replicate", producer) {
        term: u64 = "raft.term",
        index: u64 = "raft.index",
    } => ReplicateEnd {
        acknowledged: u64 = "raft.acknowledged",
        is_committed: bool = "raft.is_committed",
    }
    metrics {
        duration: histogram = "raft.replicate.duration",
    }
}

// 10. Replicated data.
span_family! {
    /// The state of another replica is merged.
    pub span Merge("crdt.merge {crdt}", consumer) {
        crdt: &str = "crdt.type",
        replica: &str = "crdt.replica",
    } => MergeEnd {
        operations: u64 = "crdt.operations",
        conflicts: u64 = "crdt.conflicts",
    }
    metrics by(crdt) {
        operations: counter = "crdt.operations",
        conflicts: counter = "crdt.conflicts",
    }
}
