import type { Readable } from "node:stream";
import { CollectedBody } from "./collected-body.ts";
import { ForwardedBody } from "./forwarded-body.ts";

/** What was read of a body. */
export interface BodyBeginning {
	/** The whole body or, past the bytes that were asked for, its beginning. */
	readonly bytes: Buffer;
	/** What follows; undefined where nothing does. It has to be read, or destroyed. */
	readonly rest: ForwardedBody | undefined;
}

/**
 * Reads a body as it arrives, without a stream in between: most bodies are here as soon as their headers are. One that
 * `take` refuses runs dry, as with `ForwardedBody`, so that the client can be answered.
 *
 * @param bytes that are read; what arrives with the last of them is read too
 * @param take told of memory that is needed; what it throws, this throws
 */
export function readBeginning(
	source: Readable,
	bytes: number,
	take: (bytes: number) => void,
): Promise<BodyBeginning> {
	return new Promise((resolve, reject) => {
		const body = new CollectedBody(take);
		const leave = () => {
			source.off("data", onData);
			source.off("end", onEnd);
			source.off("close", onClose);
		};
		const onData = (piece: Buffer | string) => {
			try {
				body.append(Buffer.isBuffer(piece) ? piece : Buffer.from(piece));
			} catch (error) {
				leave();
				source.resume();
				reject(error);
				return;
			}
			if (body.length <= bytes) return;
			leave();
			// At once: nothing of the source may pass while nobody listens to it.
			const rest = new ForwardedBody(source);
			// It may fail before it is read; whoever reads it hears of that then.
			rest.on("error", () => undefined);
			resolve({ bytes: body.bytes, rest });
		};
		const onEnd = () => resolve({ bytes: body.bytes, rest: undefined });
		const onClose = () => {
			if (!source.readableEnded)
				reject(new Error("The body was closed before its end"));
		};
		// This listener stays for good: an error after the last read must not end the process.
		source.on("error", reject);
		source.on("close", onClose);
		source.on("end", onEnd);
		source.on("data", onData);
		if (source.errored) reject(source.errored);
		else if (source.destroyed) onClose();
	});
}
