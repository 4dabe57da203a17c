/**
 * The corpus of neutral sentences for communication checks (SPEC 8-4.3).
 *
 * Each row carries the base64url SHA-256 of the UTF-8 text, so that a state machine compares an echo without
 * any crypto; a test recomputes every hash. A sentence with the same number says the same in each language.
 * Rows are never changed or removed: a hash in an old record must keep its sentence.
 */
export interface CorpusSentence {
  readonly ref: string;
  readonly lang: CorpusLang;
  readonly text: string;
  readonly hash: string;
}

export const CORPUS_LANGS = ["en", "ar", "ru"] as const;
export type CorpusLang = (typeof CORPUS_LANGS)[number];

export const CORPUS: readonly CorpusSentence[] = [
  {
    ref: "en-01",
    lang: "en",
    text: "The river is calm this morning.",
    hash: "FT988djDPFIT0POE_xzS30pNoHcJ6afe9XUeSNW6LwE",
  },
  {
    ref: "en-02",
    lang: "en",
    text: "A train leaves the station at noon.",
    hash: "1ZA-v4caZ3ZOFawj_qRDvi7hktgRRsqwYd-Vj_x_cUM",
  },
  {
    ref: "en-03",
    lang: "en",
    text: "The library opens after breakfast.",
    hash: "IvhYtOL-beI8T4t2SAkBbWoayVc5Dvv3sKQuR6KskPw",
  },
  {
    ref: "en-04",
    lang: "en",
    text: "Snow lies on the northern hills.",
    hash: "VIRhdLF_G_woASGBHgLZ18wZk7F_s38ApdAQfJfhi88",
  },
  {
    ref: "en-05",
    lang: "en",
    text: "Two boats cross the wide lake.",
    hash: "7H2xFa1gtMLRZ38OPt6xESqrF7w4IdReOlGFFCYInCA",
  },
  {
    ref: "en-06",
    lang: "en",
    text: "The baker puts bread in the oven.",
    hash: "gHWEDGLjr-Zf-37VqZxFUOvBkHY8KWE_-QTz1I1G_iE",
  },
  {
    ref: "en-07",
    lang: "en",
    text: "A lamp burns in the old tower.",
    hash: "3LjIY1BFxSwHLahtTHP34dBhGdTGbvQOgYhvo-s5KT8",
  },
  {
    ref: "en-08",
    lang: "en",
    text: "The orchard has apples and pears.",
    hash: "lz1lY5cMYJ3w3hmaHrH47H3RzvHTVwB-kdT-QYsJIwk",
  },
  {
    ref: "en-09",
    lang: "en",
    text: "Rain falls softly on the roof.",
    hash: "Oyt-pEY-WqfzPOa0Xxt-DisVBVlJfn9lNq858RZDTiw",
  },
  {
    ref: "en-10",
    lang: "en",
    text: "The clock in the square is slow.",
    hash: "4lQzxYNuX7c4iSHGMpIJ94_NSmbY07SE8ZdVzDXcIck",
  },
  {
    ref: "en-11",
    lang: "en",
    text: "A child flies a kite on the beach.",
    hash: "A8evpFvweK7nww5TmFA624P6XuRwr28Q4Zuw6MSewKs",
  },
  {
    ref: "en-12",
    lang: "en",
    text: "The garden gate is painted green.",
    hash: "spimiqc4PX8jgqPc-Y9mFGRUzic0m0KOIBXOPr_ySS0",
  },
  {
    ref: "ar-01",
    lang: "ar",
    text: "النهر هادئ هذا الصباح.",
    hash: "leqZDXbuyW0F4xLtYvzCYIY8_xAbpgi1i-35I4pYduE",
  },
  {
    ref: "ar-02",
    lang: "ar",
    text: "يغادر القطار المحطة ظهرا.",
    hash: "vfPnva3E8IQ48SDYzlr2URUidkMCYulohzdqZQniiSg",
  },
  {
    ref: "ar-03",
    lang: "ar",
    text: "تفتح المكتبة بعد الفطور.",
    hash: "2GrHw_3jxAvRIOnQk1iM_bKvcpfeyD5xu8JeQ6X1aUg",
  },
  {
    ref: "ar-04",
    lang: "ar",
    text: "يغطي الثلج التلال الشمالية.",
    hash: "HLk1nDjZW8audbKqkOxPSFZFPk116K80MDIfiuspL1M",
  },
  {
    ref: "ar-05",
    lang: "ar",
    text: "يعبر قاربان البحيرة الواسعة.",
    hash: "jthFt_3AX0tInMwY8ypkfHGAdXug4kmJtmwRLHWtcUQ",
  },
  {
    ref: "ar-06",
    lang: "ar",
    text: "يضع الخباز الخبز في الفرن.",
    hash: "vNBdoiialClIPPwvzJdT3yz6kFGaQxY4VDUC9CM2CyI",
  },
  {
    ref: "ar-07",
    lang: "ar",
    text: "يضيء مصباح في البرج القديم.",
    hash: "k66d4uszXmJ3pq6kXmdcKjJmgKKGzW5Qe3H-18Ns8Zo",
  },
  {
    ref: "ar-08",
    lang: "ar",
    text: "في البستان تفاح وكمثرى.",
    hash: "p9scxJEsxlQG-Sl_5HF2Gu8xHorrZY80SSQxmCP5tWw",
  },
  {
    ref: "ar-09",
    lang: "ar",
    text: "يهطل المطر بهدوء على السقف.",
    hash: "nQ0j9QvdZwjDXi8on-vBviD640qb3MdEZzhOX9XJ0RQ",
  },
  {
    ref: "ar-10",
    lang: "ar",
    text: "الساعة في الميدان متأخرة.",
    hash: "8LGJgre-LP5pgzixtrSSwHy_qUJKupf3QxIa35_w1H8",
  },
  {
    ref: "ar-11",
    lang: "ar",
    text: "يطير طفل طائرة ورقية على الشاطئ.",
    hash: "YNqIRu0dCVTyvtuyySB_SJjjkS68NR9Z2FzeCVp60Ho",
  },
  {
    ref: "ar-12",
    lang: "ar",
    text: "باب الحديقة مطلي بالأخضر.",
    hash: "m8WEe7jIUycCmu-DMm8mFDfRKL4C5kJbBkH-UChh--I",
  },
  {
    ref: "ru-01",
    lang: "ru",
    text: "Река спокойна этим утром.",
    hash: "Pw-MF4PvZj9yEDQ1zMhME8FDA01e-RJBIvtDWMvm9ho",
  },
  {
    ref: "ru-02",
    lang: "ru",
    text: "Поезд отходит от станции в полдень.",
    hash: "zZJdeHhgKV6i4ARJf07c2yRFERJb_-n9uE9w6c0Feak",
  },
  {
    ref: "ru-03",
    lang: "ru",
    text: "Библиотека открывается после завтрака.",
    hash: "cgCM4u6nLabl--mazCS7xLlSZD3Toyv0PdZ0C-Qhv9U",
  },
  {
    ref: "ru-04",
    lang: "ru",
    text: "Снег лежит на северных холмах.",
    hash: "arQDksFuHgp7w_QL33fKWlIKO_f5KxVW6ex-HEl3-2k",
  },
  {
    ref: "ru-05",
    lang: "ru",
    text: "Две лодки пересекают широкое озеро.",
    hash: "qJi-WbVc17qtGXV_vd47AlmmgQwMSs9XRTr6zNxgSXY",
  },
  {
    ref: "ru-06",
    lang: "ru",
    text: "Пекарь ставит хлеб в печь.",
    hash: "0sd3eq4ki-UWBv4unEWyydwK8JinMECT1IruRkWjZ-I",
  },
  {
    ref: "ru-07",
    lang: "ru",
    text: "В старой башне горит лампа.",
    hash: "YFjnxwt3_3qjSxXZ9oaL6g56CVaanscUsGHn8Q4z_Dc",
  },
  {
    ref: "ru-08",
    lang: "ru",
    text: "В саду растут яблоки и груши.",
    hash: "uAPCTyVbbqzxXg1MA48ALTosh_l_2AQhYg21PP8HCzs",
  },
  {
    ref: "ru-09",
    lang: "ru",
    text: "Дождь тихо падает на крышу.",
    hash: "DSsldsFQd0AMKgciXicIaFhtlM-UVCaFxRromVcQ_l8",
  },
  {
    ref: "ru-10",
    lang: "ru",
    text: "Часы на площади отстают.",
    hash: "HjNq3Y1g8pCJzN6_JqQ4L2vJha4-aYprFlDcbeGoUSU",
  },
  {
    ref: "ru-11",
    lang: "ru",
    text: "Ребёнок запускает змея на пляже.",
    hash: "XUpGV7Og6pcvKS2sbxflmivhyCYC2jUiHVB8RAyyDnw",
  },
  {
    ref: "ru-12",
    lang: "ru",
    text: "Садовая калитка покрашена в зелёный цвет.",
    hash: "aoQT9nQQ3xGvVWh5Pu9lcU0avDPzMw1QbaaMkln_WVs",
  },
];

export const CORPUS_REFS: readonly string[] = CORPUS.map(({ ref }) => ref);

export function sentenceOf(ref: string): CorpusSentence | undefined {
  return CORPUS.find((sentence) => sentence.ref === ref);
}
