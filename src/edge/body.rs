//! Reads a request's body, and no more of it than anybody wants.

use super::js::{Piece, ReadableStream, Request, whole_body};
use super::settled::settled;
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};

/// The first `most` bytes of a body; what comes behind them is not read. Whoever must refuse a body
/// that is too large asks for one byte more than it may have.
pub(super) async fn read_at_most(request: &Request, most: usize) -> Result<Vec<u8>, JsValue> {
    if let Some(whole) = whole_body(request, u32::try_from(most).unwrap_or(u32::MAX)) {
        return Ok(Uint8Array::new(&settled(&whole).await?).to_vec());
    }
    match request.body() {
        Some(stream) => read_stream(&stream, most).await,
        None => Ok(Vec::new()),
    }
}

/// The same of any body.
pub(super) async fn read_stream(stream: &ReadableStream, most: usize) -> Result<Vec<u8>, JsValue> {
    let mut bytes = Vec::new();
    let reader = stream.get_reader()?;
    while bytes.len() < most {
        let piece: Piece = settled(&reader.read()).await?.unchecked_into();
        let value = if piece.done() { None } else { piece.value() };
        let Some(value) = value else { return Ok(bytes) };
        bytes.extend(value.to_vec());
    }
    // Tells the sender to stop; whether it hears is of no matter.
    let _ = settled(&reader.cancel()).await;
    bytes.truncate(most);
    Ok(bytes)
}
