// The npm package `@google/genai`, over TLS: node genai_client.js BASE_URL holds a text turn and prints
// what it heard as JSON. NODE_EXTRA_CA_CERTS names the authority.
const { GoogleGenAI, Modality } = require("@google/genai");

const client = new GoogleGenAI({ apiKey: "any", httpOptions: { baseUrl: process.argv[2] } });
const found = { audio_s: 0, transcript: "", errors: [] };
let session;

function hear({ serverContent }) {
  found.transcript += serverContent?.outputTranscription?.text ?? "";
  for (const { inlineData } of serverContent?.modelTurn?.parts ?? [])
    found.audio_s += Buffer.from(inlineData?.data ?? "", "base64").length / 2 / 24000;
  if (serverContent?.turnComplete) session.close();
}

client.live
  .connect({
    model: "gemini-live",
    config: { responseModalities: [Modality.AUDIO], outputAudioTranscription: {} },
    callbacks: {
      onmessage: hear,
      onerror: (error) => found.errors.push(String(error.message)),
      onclose: () => console.log(JSON.stringify(found)),
    },
  })
  .then((opened) => {
    session = opened;
    session.sendClientContent({ turns: [{ role: "user", parts: [{ text: "hello" }] }], turnComplete: true });
  });
