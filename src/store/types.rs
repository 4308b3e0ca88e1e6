//! The words of the domain as columns: the same Rust type on both databases, the native column type on each.

use crate::domain::canonical::{Ask, ContentHash, Digest, Hash};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::ids::{
    AgentId, AssetId, AudienceId, AutoReplyId, BroadcastId, ConsentId, ContactId, ConversationId, DaemonId, DetailId,
    ExecutionId, FlowId, ImportId, KeywordRuleId, MailId, OrderId, PaymentLinkId, PersonId, ReplyId, RequestId,
    SegmentId, SignatureId, TenantId, UploadId,
};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Postgres, Sqlite, Type};
use uuid::Uuid;

macro_rules! column {
    (@on $db:ty, $name:ty, $inner:ty) => {
        impl Type<$db> for $name {
            fn type_info() -> <$db as Database>::TypeInfo {
                <$inner as Type<$db>>::type_info()
            }
            fn compatible(ty: &<$db as Database>::TypeInfo) -> bool {
                <$inner as Type<$db>>::compatible(ty)
            }
        }
        impl<'q> Encode<'q, $db> for $name {
            fn encode_by_ref(&self, buf: &mut <$db as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                <$inner as Encode<'q, $db>>::encode(self.to_column(), buf)
            }
        }
        impl<'r> Decode<'r, $db> for $name {
            fn decode(value: <$db as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
                Self::from_column(<$inner as Decode<'r, $db>>::decode(value)?)
            }
        }
    };
    ($($name:ty as $inner:ty;)*) => {$(
        column!(@on Sqlite, $name, $inner);
        column!(@on Postgres, $name, $inner);
    )*};
}

/// How a type stands in its column.
trait Column<Inner>: Sized {
    fn to_column(&self) -> Inner;
    fn from_column(inner: Inner) -> Result<Self, BoxDynError>;
}

macro_rules! ids {
    ($($name:ty),* $(,)?) => {
        $(impl Column<Uuid> for $name {
            fn to_column(&self) -> Uuid { self.uuid() }
            fn from_column(inner: Uuid) -> Result<Self, BoxDynError> { Ok(Self::from_uuid(inner)) }
        })*
        column! { $($name as Uuid;)* }
    };
}

ids! {
    AgentId, AssetId, DetailId, AudienceId, AutoReplyId, BroadcastId, ConsentId, ContactId, ConversationId, DaemonId, ExecutionId, FlowId, ImportId, KeywordRuleId, MailId, OrderId, PaymentLinkId, PersonId, ReplyId, RequestId, SegmentId, SignatureId, TenantId, UploadId,
}

impl Column<i64> for Timestamp {
    fn to_column(&self) -> i64 {
        self.micros()
    }
    fn from_column(inner: i64) -> Result<Self, BoxDynError> {
        Ok(Self::from_micros(inner))
    }
}

impl Column<i64> for ContactNo {
    fn to_column(&self) -> i64 {
        i64::from(self.0)
    }
    fn from_column(inner: i64) -> Result<Self, BoxDynError> {
        Ok(Self(u32::try_from(inner)?))
    }
}

macro_rules! hashes {
    ($($name:ty),*) => {
        $(impl Column<Vec<u8>> for $name {
            fn to_column(&self) -> Vec<u8> { self.bytes().to_vec() }
            fn from_column(inner: Vec<u8>) -> Result<Self, BoxDynError> {
                let bytes: Hash = inner.try_into().map_err(|_| "a hash has 32 bytes")?;
                Ok(Self::from_bytes(bytes))
            }
        })*
        column! { $($name as Vec<u8>;)* }
    };
}

hashes!(Ask, ContentHash, Digest);

column! {
    Timestamp as i64;
    ContactNo as i64;
}
