//! From the bytes of an ONNX file to its graph.

use std::io::Cursor;
use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::{DimLike, Factoid};

use super::rewriting::rewrite;
use super::sealed::Sealed;
use super::{OnnxError, told, trees};

/// Reads the graph.
pub(super) fn read(bytes: &[u8]) -> Result<InferenceModel, OnnxError> {
    let mut onnx = tract_onnx::onnx();
    onnx.provider = Arc::new(Sealed);
    let mut proto = onnx
        .proto_model_for_read(&mut Cursor::new(bytes))
        .map_err(|error| OnnxError::Damaged(told(&error)))?;
    if proto.graph.is_none() {
        return Err(OnnxError::Damaged("there is no graph in it".to_owned()));
    }
    trees::check(&proto)?;
    rewrite(&mut proto);
    onnx.model_for_proto_model(&proto)
        .map_err(|error| OnnxError::Unsupported(told(&error)))
}

/// The type of the numbers that go in.
pub(super) fn input_type(graph: &InferenceModel) -> Result<DatumType, OnnxError> {
    let failed = |error: TractError| OnnxError::Unsupported(told(&error));
    let found = graph.input_outlets().map_err(failed)?.len();
    if found != 1 {
        return Err(OnnxError::Inputs { found });
    }
    let fact = graph.input_fact(0).map_err(failed)?;
    Ok(fact.datum_type.concretize().unwrap_or(DatumType::F32))
}

/// The outputs, one of which may be the probabilities.
pub(super) fn outputs(graph: &InferenceModel) -> Result<Vec<OutletId>, OnnxError> {
    let outputs = graph.output_outlets();
    outputs
        .map(<[OutletId]>::to_vec)
        .map_err(|error| OnnxError::Unsupported(told(&error)))
}

/// The last dimension of the input, and of the first output of decimal numbers.
pub(super) fn width_and_classes(bytes: &[u8]) -> Result<(Option<usize>, Option<usize>), OnnxError> {
    let mut graph = read(bytes)?;
    input_type(&graph)?;
    let last = |fact: &InferenceFact| {
        let dimension = fact.shape.dims().last()?.concretize()?;
        dimension.to_usize().ok()
    };
    let failed = |error: TractError| OnnxError::Unsupported(told(&error));
    let features = last(graph.input_fact(0).map_err(failed)?);
    // What cannot be found out stays open: the template has a place for it.
    let _ = graph.analyse(true);
    let facts = outputs(&graph)?
        .into_iter()
        .filter_map(|outlet| graph.outlet_fact(outlet).ok());
    let is_float = |fact: &&InferenceFact| fact.datum_type.concretize().is_some_and(|kind| kind.is_float());
    let classes = facts.filter(is_float).find_map(last);
    Ok((features, classes.map(|classes| classes.max(2))))
}
