from realtime_io import RealtimeVoice

# List all registered providers
print(RealtimeVoice.available_providers())  # ['openai', 'gemini']

# List configured providers (with API keys)
print(RealtimeVoice.configured_providers())  # ['openai'] if only OpenAI key set
