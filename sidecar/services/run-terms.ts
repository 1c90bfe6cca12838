import type { RunOptions } from "../runtime/model-spec.ts";
import type { Deadline } from "./deadline.ts";
import type { TruncatedTexts } from "./truncated-texts.ts";

/** What a client's request asks of the runs that are made for it. */
export interface RunTerms {
	/** Whether the answer is still wanted. */
	signal?: AbortSignal;
	deadline?: Deadline;
	/** `refuse` if left out. */
	whenFull?: NonNullable<RunOptions["whenFull"]>;
	/** Is told of every text that was cut. */
	truncated?: TruncatedTexts;
	/** Is told the place of every text whose result was kept. */
	onKept?: NonNullable<RunOptions["onKept"]>;
}

/** The same for the runtime. */
export function runOptions({
	signal,
	deadline,
	whenFull,
	onKept,
}: RunTerms): Omit<RunOptions, "lane"> {
	return {
		...(signal && { signal }),
		...(deadline && { deadline: deadline.at }),
		...(whenFull && { whenFull }),
		...(onKept && { onKept }),
	};
}
