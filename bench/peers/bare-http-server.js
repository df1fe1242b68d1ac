// Plain JavaScript, so that nothing but node:http is in its process.
import { createServer } from "node:http";

const [port, text] = process.argv.slice(2);
const body = Buffer.from(text);

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
});
server.listen(Number(port), "127.0.0.1", () => process.send("ready"));
process.on("disconnect", () => process.exit(0));
