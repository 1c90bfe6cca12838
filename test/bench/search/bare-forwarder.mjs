// The least that a forwarder in Node.js does: what it adds to a call, every proxy written for Node.js adds.
import { createServer } from "node:http";
import { Pool } from "undici";

const pool = new Pool(process.argv[2] ?? "", { connections: null });
const ofConnection = /^(host|connection|content-length)$/i;

const server = createServer((request, response) => {
	const headers = request.rawHeaders.filter(
		(_, at, all) => !ofConnection.test(all[at - (at % 2)] ?? ""),
	);
	pool.dispatch(
		{
			path: request.url ?? "/",
			method: request.method ?? "GET",
			headers,
			body: request,
			reset: false,
		},
		{
			onRequestStart() {},
			onResponseStart(_controller, status, received) {
				response.writeHead(status, received);
			},
			onResponseData(_controller, piece) {
				response.write(piece);
			},
			onResponseEnd() {
				response.end();
			},
			onResponseError(_controller, error) {
				response.destroy(error);
			},
		},
	);
});
server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
