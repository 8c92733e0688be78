"""Live voice conversations with language models, on asyncio and on trio."""
