/**
 * Headers of one connection, not of the message (RFC 9110, section 7.6.1), with the two that HTTP/1.1
 * implementations added; `trailer` because trailers are not passed on.
 */
const hopByHop = new Set([
	"connection",
	"keep-alive",
	"proxy-connection",
	"te",
	"trailer",
	"transfer-encoding",
	"upgrade",
	"http2-settings",
]);

/** What says how a message is read, and by whom it was sent: no connection has it for itself, whatever it declares. */
const endToEndAlways: ReadonlySet<string> = new Set([
	"accept",
	"authorization",
	"content-encoding",
	"content-length",
	"content-type",
	"host",
]);

/** The connection to OpenSearch writes its own `host`; `expect` is answered by the server that read it. */
const requestHop = new Set(["host", "expect"]);

/** What describes the bytes of a body, and is wrong once there is another body. */
const bodyFraming = new Set(["content-length", "content-encoding"]);
const ofBody = new Set([...bodyFraming, "content-type"]);

/** Any other header goes on, unless its message declares otherwise. */
const special: ReadonlySet<string> = new Set([
	...hopByHop,
	...requestHop,
	...ofBody,
	"accept",
	"accept-encoding",
]);

/**
 * The headers that go on to OpenSearch, in their order, their spelling and their number.
 *
 * @param raw names and values in turns, as in `IncomingMessage.rawHeaders`
 * @param replaced whether another body is sent than the one that these headers came with
 * @param plain whether the answer must not be compressed, since it is read here
 * @param json whether body and answer are JSON, whatever the client sends and accepts
 * @param contentType of the body, whatever the client sends
 */
export function requestHeaders(
	raw: readonly string[],
	{
		replaced,
		plain = false,
		json = false,
		contentType = json ? "application/json" : undefined,
	}: {
		replaced: boolean;
		plain?: boolean;
		json?: boolean;
		contentType?: string | undefined;
	},
): string[] {
	const kept = endToEnd(
		raw,
		(name) =>
			!requestHop.has(name) &&
			!(replaced && bodyFraming.has(name)) &&
			!(plain && name === "accept-encoding") &&
			!(json && name === "accept") &&
			!(contentType !== undefined && name === "content-type"),
	);
	return contentType === undefined
		? kept
		: [...kept, "content-type", contentType];
}

/** The headers that go back to the client, in their order, their spelling and their number. */
export function responseHeaders(raw: readonly (string | Buffer)[]): string[] {
	const text = raw.map((part) =>
		typeof part === "string" ? part : part.toString("latin1"),
	);
	return endToEnd(text, () => true);
}

/** The headers of an answer that is read whole, for the client: without those that describe its body. */
export function answerHeaders(
	headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | string[]> {
	const kept: Record<string, string | string[]> = {};
	for (const [name, value] of Object.entries(headers))
		if (value !== undefined && !hopByHop.has(name) && !ofBody.has(name))
			kept[name] = value;
	return kept;
}

function endToEnd(
	raw: readonly string[],
	/** Asked about what is special. */
	keep: (name: string) => boolean,
): string[] {
	const nominated = connectionOptions(raw);
	const kept: string[] = [];
	for (let index = 0; index + 1 < raw.length; index += 2) {
		const name = raw[index] ?? "";
		const lowerCase = name.toLowerCase();
		if (nominated?.has(lowerCase)) continue;
		const goesOn =
			!special.has(lowerCase) || (!hopByHop.has(lowerCase) && keep(lowerCase));
		if (goesOn) kept.push(name, raw[index + 1] ?? "");
	}
	return kept;
}

/** The header names that the message itself declares to be of this connection; undefined where there are none besides those that always are. */
function connectionOptions(raw: readonly string[]): Set<string> | undefined {
	let options: Set<string> | undefined;
	for (let index = 0; index + 1 < raw.length; index += 2) {
		if (!isConnection(raw[index] ?? "")) continue;
		for (const option of raw[index + 1]?.split(",") ?? []) {
			const name = option.trim().toLowerCase();
			if (hopByHop.has(name) || endToEndAlways.has(name)) continue;
			options ??= new Set();
			options.add(name);
		}
	}
	return options;
}

function isConnection(name: string): boolean {
	return (
		name.length === "connection".length && name.toLowerCase() === "connection"
	);
}
