import { request } from "node:http";
import { text } from "node:stream/consumers";

export interface RawCall {
	method: string;
	/** Goes as it is: `fetch` would make another path of some. */
	path: string;
	headers?: Record<string, string>;
}

export interface RawAnswer {
	status: number | undefined;
	headers: Record<string, string>;
	body: string;
}

/** Headers that say something about the answer, and not about the connection. */
const telling = ["content-type", "content-length", "allow", "x-opaque-id"];

/** An answer to the byte, but for the order in which allowed methods are listed: OpenSearch has none. */
export async function rawCall(url: string, call: RawCall): Promise<RawAnswer> {
	const { port } = new URL(url);
	return await new Promise((resolve, reject) => {
		request({ port, host: "127.0.0.1", ...call }, (answer) => {
			text(answer).then(
				(body) =>
					resolve({
						status: answer.statusCode,
						headers: Object.fromEntries(
							telling.flatMap((name) => {
								const value = answer.headers[name];
								return value === undefined
									? []
									: [[name, ordered(String(value), ",")]];
							}),
						),
						body: body.replace(/(?<=allowed: \[)[^\]]+/, (methods) =>
							ordered(methods, ", "),
						),
					}),
				reject,
			);
		})
			.on("error", reject)
			.end();
	});
}

function ordered(list: string, separator: string): string {
	return list.split(separator).sort().join(separator);
}
