import type { CallAnswer } from "../writes/client-call.ts";

/** OpenSearch refused a call: its own answer is the client's. */
export class RefusedCall extends Error {
	override readonly name = "RefusedCall";
	readonly answer: CallAnswer;

	constructor(answer: CallAnswer) {
		super(`OpenSearch answered ${answer.status}`);
		this.answer = answer;
	}
}
