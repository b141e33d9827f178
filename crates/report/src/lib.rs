//! Pages, charts and workbooks for people: pure functions from what the analysis found to bytes.
