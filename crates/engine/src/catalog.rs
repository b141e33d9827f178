//! The names under which tables are registered. A name can be given anew while queries run: each query
//! goes on with the files it was planned over.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::error::{DataFusionError, Result};

use crate::table::ParquetTable;

/// The registered tables by name.
///
/// DataFusion's own provider refuses a name it has, and removing it first would leave a moment in which a
/// query does not find the table.
#[derive(Debug, Default)]
pub(crate) struct Registered {
    tables: RwLock<HashMap<String, Arc<ParquetTable>>>,
}

impl Registered {
    /// Registers a table, in place of what had its name.
    pub(crate) fn put(&self, name: &str, table: ParquetTable) {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        tables.insert(name.to_owned(), Arc::new(table));
    }

    /// The names, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            self.tables.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
        names.sort_unstable();
        names
    }

    fn get(&self, name: &str) -> Option<Arc<ParquetTable>> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

#[async_trait::async_trait]
impl SchemaProvider for Registered {
    fn table_names(&self) -> Vec<String> {
        self.names()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        Ok(self.get(name).map(|table| table as Arc<dyn TableProvider>))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}
