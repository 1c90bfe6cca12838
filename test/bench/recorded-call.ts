/** One call of the model API to record. `{name}` in a path or body stands for an id that an earlier call gave. */
export interface RecordedCall {
	name: string;
	method: "GET" | "POST" | "DELETE";
	path: string;
	/** JSON, unless it is bytes or text to be sent as they are. */
	body?: unknown;
	/** Number of zero bytes sent as the body in place of `body`. */
	zeroBytes?: number;
	/** `application/json` unless given. */
	contentType?: string;
	/** Names the ids in the answer: answer field to placeholder. */
	ids?: Readonly<Record<string, string>>;
	/** Repeats the call until the answer's `state` is final. */
	untilFinal?: boolean;
}
