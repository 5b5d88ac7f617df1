//! OTLP over gRPC.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::{
    logs::v1::{
        ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
        logs_service_server::{LogsService, LogsServiceServer},
    },
    metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
        metrics_service_server::{MetricsService, MetricsServiceServer},
    },
    trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
};
use prost::Message;
use tonic::{
    Request, Response, Status,
    codec::CompressionEncoding,
    transport::{Server, server::TcpIncoming},
};

use super::{Intake, MAX_UNPACKED_BYTES};
use crate::intake::Rejected;

/// Requests of one connection that are worked on at once.
const MAX_CONCURRENT: usize = 16;

/// Serves until `stop` ends. A browser cannot speak gRPC to it: it has no HTTP/2 without TLS.
///
/// # Errors
/// If the socket fails.
pub(crate) async fn serve(
    listener: tokio::net::TcpListener,
    intake: Arc<Intake>,
    stop: impl Future<Output = ()>,
) -> Result<(), tonic::transport::Error> {
    macro_rules! service {
        ($server:ident) => {
            $server::new(Receiver(intake.clone()))
                .max_decoding_message_size(MAX_UNPACKED_BYTES)
                .accept_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Zstd)
        };
    }
    Server::builder()
        .concurrency_limit_per_connection(MAX_CONCURRENT)
        .add_service(service!(TraceServiceServer))
        .add_service(service!(LogsServiceServer))
        .add_service(service!(MetricsServiceServer))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), stop)
        .await
}

struct Receiver(Arc<Intake>);

impl Receiver {
    async fn take(
        &self,
        take: impl FnOnce(&Intake) -> Result<Rejected, crate::store::Full> + Send + 'static,
    ) -> Result<Option<Rejected>, Status> {
        let intake = self.0.clone();
        let taken = tokio::task::spawn_blocking(move || take(&intake)).await;
        match taken {
            Ok(Ok(rejected)) => Ok(Some(rejected).filter(|rejected| rejected.items > 0)),
            Ok(Err(crate::store::Full)) => Err(Status::unavailable(
                "the queue of the viewer is full; send again",
            )),
            Err(error) => Err(Status::internal(error.to_string())),
        }
    }
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let request = request.into_inner();
        let rejected = self.take(move |intake| {
            let size = request.encoded_len();
            intake.traces(request, size)
        });
        let partial_success = rejected.await?.map(|rejected| ExportTracePartialSuccess {
            rejected_spans: rejected.items as i64,
            error_message: rejected.reason,
        });
        Ok(Response::new(ExportTraceServiceResponse {
            partial_success,
        }))
    }
}

#[tonic::async_trait]
impl LogsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let request = request.into_inner();
        let rejected = self.take(move |intake| {
            let size = request.encoded_len();
            intake.logs(request, size)
        });
        let partial_success = rejected.await?.map(|rejected| ExportLogsPartialSuccess {
            rejected_log_records: rejected.items as i64,
            error_message: rejected.reason,
        });
        Ok(Response::new(ExportLogsServiceResponse { partial_success }))
    }
}

#[tonic::async_trait]
impl MetricsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let request = request.into_inner();
        let rejected = self.take(move |intake| {
            let size = request.encoded_len();
            intake.metrics(request, size)
        });
        let partial_success = rejected.await?.map(|rejected| ExportMetricsPartialSuccess {
            rejected_data_points: rejected.items as i64,
            error_message: rejected.reason,
        });
        Ok(Response::new(ExportMetricsServiceResponse {
            partial_success,
        }))
    }
}
