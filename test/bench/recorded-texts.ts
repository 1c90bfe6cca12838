const sentence =
	"The plumber installs and repairs pipes, fixtures and appliances in kitchens and bathrooms. ";

/**
 * Texts whose vectors are recorded from ml-commons: what people write, and what tokenizers and windows get wrong.
 */
export const recordedTexts: readonly { name: string; text: string }[] = [
	{ name: "one word", text: "plumber" },
	{ name: "one letter", text: "a" },
	{ name: "short query", text: "someone who repairs water pipes" },
	{
		name: "gloss",
		text: "a craftsman who installs and repairs pipes and fixtures and appliances",
	},
	{
		name: "question",
		text: "What is the capital of France, and since when?",
	},
	{
		name: "two sentences",
		text: "It rained all night. In the morning the river had left its bed.",
	},
	{ name: "upper case", text: "ALL OF THIS IS WRITTEN IN CAPITALS" },
	{ name: "mixed case", text: "iPhone, eBay and McDonald's in one LINE" },
	{ name: "under 128 tokens", text: sentence.repeat(6).trim() },
	{ name: "over 128 tokens", text: sentence.repeat(12).trim() },
	{ name: "over 256 tokens", text: sentence.repeat(20).trim() },
	{ name: "over 512 tokens", text: sentence.repeat(45).trim() },
	{ name: "one long word", text: "antidisestablishmentarianism".repeat(8) },
	{ name: "word beyond WordPiece's limit", text: "x".repeat(300) },
	{ name: "Greek capitals with final sigma", text: "ΟΔΥΣΣΕΥΣ ΚΑΙ ΣΟΦΟΣ" },
	{ name: "Greek with accents", text: "Ὁ Ὀδυσσεὺς ἦν σοφός" },
	{ name: "Turkish dotted I", text: "İSTANBUL ve Iğdır" },
	{ name: "German", text: "Der Klempner repariert die Rohre in der Küche." },
	{ name: "German capital sharp s", text: "STRAẞE, Straße, STRASSE" },
	{ name: "French", text: "L'été dernier, nous étions à l'île d'Oléron." },
	{ name: "Vietnamese", text: "Người thợ sửa ống nước đã đến hôm nay." },
	{ name: "Russian", text: "Сантехник чинит трубы на кухне." },
	{ name: "Chinese", text: "水管工修理厨房的水管。" },
	{ name: "Japanese", text: "配管工がキッチンの水道管を修理する。" },
	{ name: "Korean", text: "배관공이 부엌의 수도관을 고친다." },
	{ name: "Thai", text: "ช่างประปาซ่อมท่อน้ำ" },
	{ name: "Hindi", text: "नलसाज़ पानी के पाइप ठीक करता है।" },
	{ name: "Arabic, right to left", text: "السباك يصلح أنابيب المياه" },
	{
		name: "Hebrew with points and direction marks",
		text: "\u200Fהַשְּׁרַבְרָב מְתַקֵּן\u200E pipes",
	},
	{
		name: "CJK beyond the basic plane",
		text: "\u{20000}\u{2A6D6}\u{2F800} 水",
	},
	{ name: "mathematical letters", text: "𝒜𝓁𝑔𝑒𝒷𝓇𝒶 𝟙𝟚𝟛" },
	{
		name: "emoji with joiners and skin tones",
		text: "👩‍🔧 fixed it 👨‍👩‍👧‍👦 👍🏽 🇩🇪 ❤️",
	},
	{
		name: "combining marks",
		text: "e\u0301te\u0301 n\u0303 A\u030A o\u0308\u0323",
	},
	{ name: "the same composed", text: "été ñ Å ọ̈" },
	{
		name: "control characters",
		text: "a\u0001b\u0007c\u007Fd\u0085e\u200Bf\u00ADg\uFEFFh\uFFFDi",
	},
	{ name: "a NUL", text: "before\u0000after" },
	{
		name: "mixed white space",
		text: "  one\ttwo\r\nthree\u00A0four\u2003five\u3000six  ",
	},
	{ name: "full-width and ligatures", text: "ＦＵＬＬ ｗｉｄｔｈ ﬁne ﬂow №" },
	{
		name: "special tokens as text",
		text: "[CLS] hello [SEP] [MASK] [PAD] [UNK]",
	},
	{ name: "punctuation alone", text: "... --- !!! ???" },
	{ name: "white space alone", text: " \t\n " },
	{
		name: "code",
		text: "const f = (x: number): string => String(x ** 2); // 0xFF && a[0]?.b",
	},
	{ name: "numbers", text: "3.14159 -2e10 1,000,000 0x1F 50% 1/2 ½ ²" },
	{
		name: "addresses",
		text: "Write to jane.doe@example.com or see https://example.com/a?b=c#d",
	},
	{ name: "markup", text: "<p class='x'>Tom &amp; Jerry</p>" },
	{ name: "JSON", text: '{"key": ["value", 1, null], "quote": "\\""}' },
];
