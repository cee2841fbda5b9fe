//! Enumerations that have a word for each value, and small sets of them.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value of an enumeration with a word for each.
pub trait Word: Copy + Eq + fmt::Debug + 'static {
    /// Every value, in the order of the source.
    const ALL: &'static [Self];
    /// The word.
    fn as_str(self) -> &'static str;
    /// Its place in [`Word::ALL`], below 32.
    fn place(self) -> u32;
}

/// Declares an enumeration whose values have words: `Display`, `FromStr` (`value.invalid`) and serde use them.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$doc])* $value,)+ }

        impl $name {
            /// Every value, in the order of the source.
            pub const ALL: &'static [Self] = &[$(Self::$value,)+];

            /// The word for it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word,)+ }
            }
        }

        impl $crate::words::Word for $name {
            const ALL: &'static [Self] = $name::ALL;

            fn as_str(self) -> &'static str {
                self.as_str()
            }

            fn place(self) -> u32 {
                self as u32
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::error::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| {
                    let known: Vec<&str> = Self::ALL.iter().map(|value| value.as_str()).collect();
                    let shown: String = text.chars().take(80).collect();
                    $crate::error::Error::new(
                        $crate::error::Code::ValueInvalid,
                        format!("`{shown}` is none of {}", known.join(", ")),
                    )
                    .with("expected", known)
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use words;

/// A small set of words, kept as bits; in JSON a list in the order of the source.
///
/// ```
/// use mailgrant::{Right, Rights};
///
/// let rights = Rights::from([Right::Send, Right::Devices]);
/// assert!(rights.contains(Right::Send));
/// assert!(rights.is_subset(Rights::ALL));
/// assert_eq!(rights.to_string(), "send, devices");
/// ```
pub struct Set<W>(u32, PhantomData<W>);

impl<W: Word> Set<W> {
    /// Nothing.
    pub const EMPTY: Self = Self(0, PhantomData);
    /// Every value.
    pub const ALL: Self =
        Self(if W::ALL.len() >= 32 { u32::MAX } else { (1 << W::ALL.len()) - 1 }, PhantomData);

    /// Whether `value` is in it.
    pub fn contains(self, value: W) -> bool {
        self.0 & (1 << value.place()) != 0
    }

    /// Whether everything in it is in `other` too.
    pub fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many are in it.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// What is in either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0, PhantomData)
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0, PhantomData)
    }

    /// This without `value`.
    #[must_use]
    pub fn without(self, value: W) -> Self {
        Self(self.0 & !(1 << value.place()), PhantomData)
    }

    /// What is in it, in the order of the source.
    pub fn iter(self) -> impl Iterator<Item = W> {
        W::ALL.iter().copied().filter(move |value| self.contains(*value))
    }
}

impl<W> Clone for Set<W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<W> Copy for Set<W> {}

impl<W> PartialEq for Set<W> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<W> Eq for Set<W> {}

impl<W> std::hash::Hash for Set<W> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<W: Word> Default for Set<W> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<W: Word> FromIterator<W> for Set<W> {
    fn from_iter<I: IntoIterator<Item = W>>(values: I) -> Self {
        Self(values.into_iter().fold(0, |bits, value| bits | (1 << value.place())), PhantomData)
    }
}

impl<W: Word, const N: usize> From<[W; N]> for Set<W> {
    fn from(values: [W; N]) -> Self {
        values.into_iter().collect()
    }
}

impl<W: Word> fmt::Display for Set<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.iter().map(Word::as_str).collect();
        f.pad(&words.join(", "))
    }
}

impl<W: Word> fmt::Debug for Set<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<W: Word> Serialize for Set<W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Word::as_str))
    }
}

impl<'de, W: Word + Deserialize<'de>> Deserialize<'de> for Set<W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<W>::deserialize(deserializer)?.into_iter().collect())
    }
}
