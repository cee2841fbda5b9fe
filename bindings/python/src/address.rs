//! Addresses and names of domains, checked as the core does.

use mailgrant::{Address, DomainName};
use pyo3::prelude::*;

use crate::error::raised;
use crate::text::Text;

/// Refuses what is no address: `address.invalid`.
#[pyfunction]
pub(crate) fn check_address(py: Python<'_>, text: Text<'_>) -> PyResult<()> {
    text.0.parse::<Address>().map(|_| ()).map_err(|error| raised(py, &error))
}

/// Refuses what is no name of a domain: `domain.invalid`.
#[pyfunction]
pub(crate) fn check_domain(py: Python<'_>, text: Text<'_>) -> PyResult<()> {
    text.0.parse::<DomainName>().map(|_| ()).map_err(|error| raised(py, &error))
}

/// The canonical form of an address, by which two of them are the same: the local part in NFC and lower case, the domain
/// in A-labels. Raises `Invalid` with `address.invalid`; `details["reason"]` says why.
#[pyfunction]
pub(crate) fn canonical_address(py: Python<'_>, text: Text<'_>) -> PyResult<String> {
    let address = text.0.parse::<Address>().map_err(|error| raised(py, &error))?;
    Ok(address.canonical().to_owned())
}
