# Force OpenAI
voice = RealtimeVoice(provider="openai")

# Force Gemini
voice = RealtimeVoice(provider="gemini")
