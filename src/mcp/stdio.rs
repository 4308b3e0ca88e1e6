//! The agents' door for a program on the same machine: MCP over a pipe. The key comes from the environment of whoever started
//! it; nothing but messages goes to standard output.

use super::auth::Visit;
use super::server::Server;
use super::{Door, LONGEST_KEY};
use crate::domain::people::Caller;
use crate::store;
use crate::tools::Ctx;
use anyhow::Context as _;
use rmcp::ServiceExt as _;
use rmcp::service::ServerInitializeError;
use std::num::NonZeroU32;
use std::sync::Arc;

/// Serves until standard input ends.
pub async fn serve(ctx: Ctx, key: &str, calls_per_minute: NonZeroU32) -> anyhow::Result<()> {
    anyhow::ensure!(key.len() <= LONGEST_KEY, "the key is longer than any that was given out");
    let agent = store::people::agent_by_key(&ctx.db, key).await?;
    let agent = agent.context("this key is not known here; `countersign agent add` makes one")?;
    if let Some(why) = agent.shut(ctx.clock.now()) {
        anyhow::bail!(why);
    }
    let visit =
        Visit { names: agent.names, caller: Arc::new(Caller::new(agent)), token: None, retry_after: Arc::default() };
    let door = Arc::new(Door::new(ctx, calls_per_minute, None));
    let running = match Server::new(door, Some(visit)).serve(rmcp::transport::stdio()).await {
        Ok(running) => running,
        // Whoever closes the pipe before the first word has changed its mind.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    running.waiting().await?;
    Ok(())
}
