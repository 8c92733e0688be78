// The npm package `openai`, over TLS as it always is: node openai_client.js BASE_URL holds a text turn
// and prints what it heard as JSON. NODE_EXTRA_CA_CERTS names the authority.
const OpenAI = require("openai").default;
const { OpenAIRealtimeWS } = require("openai/realtime/ws");

const client = new OpenAI({ apiKey: "any", baseURL: process.argv[2] });
const realtime = new OpenAIRealtimeWS({ model: "gpt-realtime" }, client);
const found = { audio_s: 0, errors: [] };
const message = { type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] };

realtime.on("error", (error) => found.errors.push(String(error)));
realtime.on("session.created", () => {
  realtime.send({ type: "conversation.item.create", item: message });
  realtime.send({ type: "response.create" });
});
realtime.on("response.output_audio.delta", ({ delta }) => {
  found.audio_s += Buffer.from(delta, "base64").length / 2 / 24000;
});
realtime.on("response.output_audio_transcript.done", ({ transcript }) => {
  found.transcript = transcript;
});
realtime.on("response.done", () => realtime.close());
realtime.socket.on("close", () => console.log(JSON.stringify(found)));
