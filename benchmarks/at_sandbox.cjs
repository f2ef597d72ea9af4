// Sends what is meant for Twilio's hosts to the sandbox; loaded by NODE_OPTIONS=--require.
const http = require("http");
const https = require("https");

const sandbox = new URL(process.env.KAPSO_TWILIO_SANDBOX_URL);

https.request = (...words) => {
  const answered = words.find((word) => typeof word === "function");
  const options = words.find((word) => word && typeof word === "object" && !(word instanceof URL));
  const { agent, agents, ...kept } = options;
  return http.request(
    { ...kept, protocol: "http:", hostname: sandbox.hostname, host: sandbox.hostname, port: sandbox.port },
    answered,
  );
};
