//! Typed access to one JSON object of a manifest, with errors that name the place.

use serde_json::{Map, Value};

use crate::ir::error::SchemaError;
use crate::ir::type_id::TypeId;

/// Keys without effect, which may occur in every object.
const INFORMATIVE: [&str; 4] = ["kind", "name", "doc", "docTags"];

/// An object of a manifest, with its path.
pub(crate) struct Entry<'v> {
    /// The entry's place, for errors.
    at: String,
    /// The properties of the entry.
    map: &'v Map<String, Value>,
    /// The number of types; all type references are below it.
    types: usize,
}

impl<'v> Entry<'v> {
    pub(crate) fn new(at: String, value: &'v Value, types: usize) -> Result<Self, SchemaError> {
        match value {
            Value::Object(map) => Ok(Self { at, map, types }),
            _ => Err(SchemaError::new(at, "must be an object")),
        }
    }

    /// The error for a property whose value cannot be used.
    pub(crate) fn wrong(&self, key: &str, problem: impl Into<String>) -> SchemaError {
        SchemaError::new(format!("{}.{key}", self.at), problem)
    }

    /// Refuses unknown keys: one could be a constraint of a later version, which must not be ignored.
    pub(crate) fn only(&self, keys: &[&str]) -> Result<(), SchemaError> {
        match self
            .map
            .keys()
            .find(|key| !keys.contains(&key.as_str()) && !INFORMATIVE.contains(&key.as_str()))
        {
            Some(key) => Err(self.wrong(key, "is no key that this version knows here")),
            None => Ok(()),
        }
    }

    /// The value of a key; `null` counts as absent.
    pub(crate) fn some(&self, key: &str) -> Option<&'v Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// The property `key`; `None` where it is absent.
    pub(crate) fn get(&self, key: &str) -> Option<&'v Value> {
        self.map.get(key)
    }

    /// Reads a boolean; false where it is absent.
    pub(crate) fn flag(&self, key: &str) -> Result<bool, SchemaError> {
        match self.some(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.wrong(key, "must be a boolean")),
        }
    }

    /// Reads a count; `None` where it is absent.
    pub(crate) fn size(&self, key: &str) -> Result<Option<usize>, SchemaError> {
        let Some(value) = self.some(key) else { return Ok(None) };
        match value.as_u64().and_then(|size| usize::try_from(size).ok()) {
            Some(size) => Ok(Some(size)),
            None => Err(self.wrong(key, "must be a whole number that is not negative")),
        }
    }

    /// The text of a number: a JSON number, or a string that holds one.
    pub(crate) fn decimal(&self, key: &str) -> Result<Option<String>, SchemaError> {
        match self.some(key) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(key, "must be a number, or a decimal string")),
        }
    }

    /// Reads a text; `None` where it is absent.
    pub(crate) fn optional_str(&self, key: &str) -> Result<Option<&'v str>, SchemaError> {
        match self.some(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(key, "must be a string")),
        }
    }

    /// Reads a text that must be there.
    pub(crate) fn required_str(&self, key: &str) -> Result<&'v str, SchemaError> {
        self.optional_str(key)?.ok_or_else(|| self.wrong(key, "is missing"))
    }

    /// Reads a list that must be there.
    pub(crate) fn required_list(&self, key: &str) -> Result<&'v [Value], SchemaError> {
        match self.map.get(key) {
            Some(Value::Array(list)) => Ok(list),
            _ => Err(self.wrong(key, "must be a list")),
        }
    }

    /// Reads a list of texts that must be there.
    pub(crate) fn strings(&self, key: &str) -> Result<Vec<&'v str>, SchemaError> {
        if self.some(key).is_none() {
            return Ok(Vec::new());
        }
        let list = self.required_list(key)?;
        list.iter().map(|item| item.as_str().ok_or_else(|| self.wrong(key, "must hold strings"))).collect()
    }

    /// Reads a list of objects, each with its own place for errors.
    pub(crate) fn entries(&self, key: &str) -> Result<Vec<Entry<'v>>, SchemaError> {
        let list = self.required_list(key)?;
        list.iter()
            .enumerate()
            .map(|(index, item)| Entry::new(format!("{}.{key}[{index}]", self.at), item, self.types))
            .collect()
    }

    /// Reads an object; `None` where it is absent.
    pub(crate) fn child(&self, key: &str) -> Result<Option<Entry<'v>>, SchemaError> {
        self.some(key).map(|value| Entry::new(format!("{}.{key}", self.at), value, self.types)).transpose()
    }

    /// Reads a reference to a type; `None` where it is absent. A number past the last type is an error.
    pub(crate) fn type_ref(&self, key: &str) -> Result<Option<TypeId>, SchemaError> {
        self.some(key).map(|value| self.to_type(key, value)).transpose()
    }

    /// Reads a reference to a type that must be there.
    pub(crate) fn required_type(&self, key: &str) -> Result<TypeId, SchemaError> {
        self.type_ref(key)?.ok_or_else(|| self.wrong(key, "is missing"))
    }

    /// Reads a list of references to types.
    pub(crate) fn types(&self, key: &str) -> Result<Vec<TypeId>, SchemaError> {
        self.required_list(key)?.iter().map(|value| self.to_type(key, value)).collect()
    }

    fn to_type(&self, key: &str, value: &Value) -> Result<TypeId, SchemaError> {
        let index = value.as_u64().and_then(|index| u32::try_from(index).ok());
        match index.filter(|index| (*index as usize) < self.types) {
            Some(index) => Ok(TypeId(index)),
            None => Err(self.wrong(key, format!("{value} is no index into the {} types", self.types))),
        }
    }
}
