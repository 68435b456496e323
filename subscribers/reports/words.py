"""The words that mail systems use, and what they mean: a table, read from the top.

Each row is a reason and the words for it, in small letters; a host name or an address in the text
has been taken out before (a host may be called spamfilter). The first row that matches decides, so
what is unmistakable stands before what is vague. `strong` rows hold against any code: a full
mailbox is full whether the server says 550 or 552.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from subscribers.reports.verdicts import Reason


@dataclass(frozen=True, slots=True)
class Row:
    """Words for a reason."""

    reason: Reason
    words: re.Pattern[str]
    strong: bool = True


def _row(reason: Reason, *words: str, strong: bool = True) -> Row:
    return Row(reason, re.compile("|".join(words)), strong)


TABLE: tuple[Row, ...] = (
    # How much we send, not how much they keep.
    _row(
        Reason.POLICY,
        r"(?:sending|rate|relay|daily|hourly|sender'?s?|outgoing|message) (?:quota|limit)s? (?:has been |was |is )?exceeded",
        r"exceeded (?:the |its |their )?(?:maximum |max )?(?:rate|number of (?:messages|recipients|connections))",
        r"rate[- ]limit",
        r"too many (?:connections|recipients|messages|emails|concurrent|sessions|invalid|errors|unknown)",
        r"(?:receiving|received) (?:mail|messages) (?:at a rate|too (?:quickly|fast))",
    ),
    _row(
        Reason.FULL,
        r"over ?-?quota|out of quota|under quota|quota (?:has been |is |was |limit |size |will be )*(?:exceed|full|violat|reached|over)",
        r"exceed(?:s|ed|ing)? (?:\S+ ){0,5}(?:quota|storage|mailbox|disk|inbox|allowed (?:size|space))",
        r"(?:quota|storage|disk ?space|allocat\w+|mailbox size|allotted space|limit)[^.\n]{0,40}(?:exceeded|exhausted|over(?:drawn|flow)|used up|is full|reached)",
        r"exceed[^.\n]{0,40}(?:mailbox|storage|inbox|disk|space|quota)",
        r"(?:mail ?box|mail ?folder|maildir|mail ?drop|inbox|account|user|recipient|box|spool file|mailfolder)(?:'s)?(?: \S+){0,4} (?:is |are |was |has been |currently |temporarily |too |overly )*(?:full|overfull|overflow\w*|over limit|over the limit|over its|overdrawn)",
        r"mail(?:box)? ?full|full (?:mail)?box|mailbox too large|mailboxfull",
        r"not enough (?:storage |disk |mailbox |free )?(?:space|room)|no (?:more )?(?:space|room) (?:left |available )?(?:in|for|on) (?:the |this |user|mail|recipient)",
        r"insufficient (?:disk |mailbox |storage |user )*(?:space|storage|quota)(?! .{0,20}system)",
        r"(?:storage|space|disk) (?:limit|allocation|allotment)|allotted|account is over",
        r"mailbox (?:size )?(?:limit|capacity)|user'?s? (?:disk )?quota|quota (?:exceeded|violation)|disk quota|disc quota",
        r"(?:message|letter|mail) (?:would|will) (?:exceed|bring|cause)[^.\n]{0,40}(?:quota|mailbox|limit)",
        r"(?:space|room|storage) (?:is )?not enough|would be over(?:quota| quota| the allowed)",
        r"has no (?:space|room)|too much mail (?:data|in)|too many messages in|mailbox .{0,20}cannot accept .{0,30}because",
        r"容量|メールボックスが(?:いっぱい|一杯|満杯)|一杯です|いっぱいです|満杯|配额|已满|邮箱.{0,6}满|空间不足|용량|가득",
        r"post(?:fach|box)[^.\n]{0,30}(?:voll|überfüllt|ueberfuellt|überschritten)|speicherplatz|kontingent",
        r"bo[iî]te[^.\n]{0,40}(?:pleine|satur)|quota (?:d[eé]pass|atteint)|d[eé]pass[eé][^.\n]{0,20}quota",
        r"buz[oó]n[^.\n]{0,40}(?:llen|lleno|excedid)|casella[^.\n]{0,40}(?:piena|pieno|esaurit)|caixa[^.\n]{0,40}(?:cheia|lotada)",
        r"переполнен|квот|skrzynk[^.\n]{0,40}(?:pełn|pelna|przepełn|przepeln)|schrank voll|postvak[^.\n]{0,20}vol",
    ),
    _row(
        Reason.TOO_BIG,
        r"(?:message|mail|letter|e-?mail|content|body|data|attachment|header)s?'?s? (?:size )?(?:is |was |are )?(?:too|to) (?:big|large|long)",
        r"(?:message|mail|e-?mail|content|fixed maximum message) ?(?:size|length|header size)s?(?: of \S+)? (?:limit )?(?:is |was |has been )?(?:exceed|violat|greater|larger|over)",
        r"\b(?:message|mail|e-?mail|size|letter)\b[^.\n]{0,60}exceed(?:s|ed|ing)? (?:the |a |our |its |your )?(?:fixed |maximum |max\.? |server'?s? |global |administrative |file |allowed |allowable |permitted )*(?:message |mail |e-?mail |incoming |inbound |content |attachment )*(?:size|length|limit for size)",
        r"exceeds? (?:maximum|max|the|fixed|server) ?(?:fixed |allowed |maximum )*(?:size|message|length)",
        r"max(?:imum)? (?:message |mail )?size (?:is )?exceeded",
        r"larger than (?:the |our |its )?(?:current |system |maximum |size |allowed )",
        r"message (?:is )?(?:larger|bigger) than",
        r"size limit (?:for|of) (?:messages|a message|mail)",
        r"message size limit|exceeds size limit|size exceeds",
        r"nachricht (?:ist )?zu gro(?:ß|ss)",
        r"taille du message|メッセージサイズ|サイズ(?:が|の)(?:制限|上限)",
    ),
    # About us: our name, our sender, our letter's look. Never about the address.
    _row(
        Reason.SENDER,
        r"(?:sender|mail ?from|envelope[- ]from|from address|return[- ]path|originator|reverse[- ]path)(?:'s)? ?(?:<>|address|domain|e-?mail|verif\w+|host)*[^.\n]{0,25}(?:reject|den|refus|invalid|not (?:exist|found|accept|allow|valid|verif|permit)|unknown|fail|block|does ?n[o']t|can'?t|cannot|could not|unresolv|must|not ?authori[sz]ed|verify)",
        r"could not verify (?:the )?sender|unverified sender|sender verif|callback (?:set)?up|verify (?:the )?(?:sender|from)",
        r"(?:bad|invalid|illegal|unknown|unresolvable|forged|no|missing|malformed) (?:sender|return path|reverse path|helo|ehlo)",
        r"senders?(?:'s)? (?:address|domain|e-?mail)?.{0,15}(?:not on|not in|is not|isn'?t)",
        r"(?:not (?:authori[sz]ed|allowed|permitted)|without permission|no permission|denied permission|prohibited) to (?:send|post|submit|mail)",
        r"(?:only|must be) (?:accepts?|from|sent by) (?:mail |messages )?(?:from )?(?:authenticated|internal|members|local|known|approved|authori[sz]ed) ?(?:senders?|users)?",
        r"only accepts? (?:mail|messages|e-?mail) from|do(?:es)? not accept (?:mail|e-?mail|messages) from|not accepting (?:mail|messages) from|restricted (?:list|recipient|to)|delivery restriction|recipnotfoundbyexchange .{0,5}restrict",
        r"authentication (?:is )?required|must authenticate|unauthenticated|auth(?:entication)? (?:failed|failure)|please (?:use smtp auth|authenticate)",
        r"(?:dmarc|spf|dkim|sender id|senderid)\b",
        r"(?:reverse|inverse)[- ](?:dns|lookup)|\bptr\b|\brdns\b|cannot find your (?:reverse )?host ?name|client host|your (?:host|ip|server|domain|mail ?server)|helo command|ehlo command",
    ),
    _row(
        Reason.SPAM,
        r"\bspam\w*|\bjunk ?mail|junk e-?mail|\bunsolicited|\bbulk mail|\bube\b|\buce\b|\bspamassassin|looks like",
        r"black ?-?list|block ?-?list|blocklist|deny ?list|\brbl\b|dnsbl|\bbl\b|\buribl|\bsurbl|realtime block",
        r"(?:poor|bad|low|sender|ip|web|domain) reputation|\breputation\b|cloudmark|brightmail|ironport|postini|barracuda|mimecast (?:reject|block)",
        r"virus|malware|phish|infected|worm detected|trojan|dangerous (?:attachment|content)",
        r"(?:message|mail|content|attachment|e-?mail|subject|header|body|it)(?: \S+){0,4} (?:rejected|blocked|refused|denied|quarantined|not accepted|filtered|prohibited) (?:by|due to|because of|as|for|based on)? ?(?:\S+ ){0,3}(?:content|filter|policy|security|scan|attach|restrict|rule|prohibited)",
        r"content (?:filter|reject|restrict|policy|scan)|contains? (?:banned|forbidden|prohibited|unacceptable|restricted|a url|urls?|an? (?:blocked|banned))|message content (?:rejected|blocked|not)|denied by (?:policy|filter|content)|banned (?:file|content)|filter(?:ed)? (?:out|rule)|suspicious|milter|grey-?list|gray-?list|not accepting (?:mail|messages|e-?mail) (?:with|from|containing|that)",
        r"迷惑メール|スパム|垃圾|反垃圾",
    ),
    _row(
        Reason.RELAYING,
        r"\brelay(?:ing)?(?: access| mail| attempt| through| operation| to \S+| for \S+| from \S+)?[^.\n]{0,25}(?:denied|not (?:permitted|allowed|authori[sz]ed|supported|enabled)|prohibited|forbidden|disabled|rejected|refused|blocked|disallowed|restricted|failed)",
        r"(?:unable|not (?:permitted|allowed|authori[sz]ed)|refus\w+|cannot|can'?t|won'?t|will not|do(?:es)? not|don'?t|unauthori[sz]ed|not a|no|denied|reject\w*|not an open|illegal) (?:to )?(?:\S+ ){0,3}relay",
        r"rcpthosts|as a relay|relay lookup|not a gateway|not local|insecure mail relay|we do not relay",
    ),
    _row(
        Reason.LOOP,
        r"too many hops|hop count|hops? exceeded|(?:mail|routing|forwarding|delivery|message) ?loop|loops? back to|loop (?:was )?detected|looping|too many (?:received|re-?directs|forwards)|hopcount",
        r"mail for \S* ?loops|config(?:uration)? (?:error|problem).{0,20}loop",
    ),
    _row(
        Reason.HOST_UNKNOWN,
        r"host (?:is )?unknown|unknown host|unknown domain|domain (?:is )?unknown|host(?: or domain)?(?: name)?(?: \S+)? (?:was |is |could )?(?:not|never) (?:be )?(?:found|exist|resolved|known)|(?:domain|host|site|server)(?: name)? (?:does ?n[o']t|did not|do not|no longer) (?:exist|resolve)|\bnxdomain|no such (?:host|domain|server|site)|bad (?:host|domain|destination (?:host|system))",
        r"un(?:route?able|routeable|resolvable) (?:mail |remote )?(?:domain|host)|couldn'?t find any host|could not (?:find|resolve|locate) (?:any |the |a )?(?:host|domain|mail ?server|mx)|(?:domain|host|hostname|dns|server|mx) (?:name )?(?:lookup|resolution|query|error|search)[^.\n]{0,30}(?:fail|error|perm|not found|no)|cname lookup failed|all relevant mx records point to non-?existent|no (?:valid |usable |available )?(?:mx|mail ?(?:exchanger|servers?|host)|dns)(?: records?| or a| entry)*|null ?mx|mx record|(?:domain|host|system|site|address)[^.\n]{0,40}(?:accepts? no mail|does ?n[o']t (?:accept|receive|handle|have) (?:any )?(?:e-?mail|mail|an? mx|mx))|name (?:or )?service not known|name has no (?:data|mx)|dns (?:server returned|domain|error|failure)|no data record|unresolvable|invalid (?:host|domain)(?: ?name)?|illegal host|not a valid (?:domain|host)|domain (?:has )?(?:expired|is not valid|is invalid|not found|not exist)|bad domain|no route to (?:domain|the domain)",
        r"ホスト.{0,12}(?:見つか|存在|不明)|ドメイン.{0,12}(?:見つか|存在|不明)|domaine?[^.\n]{0,20}(?:inconnu|desconocid|unbekannt|n'existe)|域名",
    ),
    _row(
        Reason.MOVED,
        r"(?:user|recipient|account|mailbox|address|he|she|person|site)[^.\n]{0,20} (?:has |have )?(?:moved|changed)(?: (?:to|his|her|their|address)|[ .;,]|$)",
        r"no longer (?:works?|with (?:us|the)|employed|at this|here|on this)|has left the|left (?:the )?(?:company|organi[sz]ation|university)|(?:new|forwarding) address|address (?:has )?changed|please (?:try|use|update)[^.\n]{0,40}(?:new|instead)|hat (?:das unternehmen|uns) verlassen|n'est plus|ya no (?:trabaja|existe)",
    ),
    _row(
        Reason.USER_UNKNOWN,
        r"(?:user|recipient|mailbox|address|account|addressee|destination|local[- ]part|name|alias|maildrop|subscriber|mail ?user|login|person|customer|member|id|inbox|rcpt)(?:s|\(s\)|'s)?(?: name| address| e-?mail| account| id| part| mailbox| rejected| entered| specified| lookup| \(\S*\)| \S{1,40}){0,2}[:,;-]? (?:is |was |are |were |has |be |could |can ?|not yet |currently |either )*(?:an? )?(?:unknown|un-?known|invalid|not (?:be )?(?:known|found|exist|recogni[sz]ed|valid|registered|listed|defined|located|identified|present|here|verified|resolved|matched|in (?:the |our |local )?(?:database|directory|domino|list|user|address))|non-?exist\w*|un-?deliverable|nonexistent|no such|illegal)",
        r"(?:unknown|un-?recogni[sz]ed|invalid|no such|non-?existent|nonexisting|bad|illegal|incorrect|undefined|unverified|undeliverable|wrong|inexistent|unroutable|unrout?eable) (?:\S{1,20} ){0,2}?(?:user|recipient|mailbox|address|account|addressee|destination (?:mailbox|address)|local[- ]?part|e-?mail|alias|name|person|maildrop|rcpt|inbox|client|customer|member|subscriber|id\b|to\b|or illegal alias|or illegal)",
        r"(?:user|recipient|mailbox|address|account|alias|name|person|addressee|inbox|subscriber|username|e-?mail|you tried to reach|here|id)(?:[^.\n]{0,60}) (?:does ?n[o']?t|do not|did ?n[o']?t|don'?t|no longer|not) (?:currently )?(?:exists?|match|resolve|appear|be found)",
        r"(?:does ?n[o']t|do ?n[o']t|did not|not|no longer|don'?t) (?:have|has|know|recogni[sz]e|list|find|handle|host|match|accept mail for|maintain|serve)(?: (?:an?|any|this|that|the|such|of|your))*(?: \S{1,30}){0,3}? ?(?:user|recipient|mailbox|address|account|name|person|e-?mail|yahoo|profile|alias)",
        r"(?:user|unknown|no such|mailbox|recipient) unknown|userunknown|user_unknown|unknown_user|\bunknown (?:user|or)|unknown local|unknown or illegal|nosuchuser|no such (?:person|user|recipient|mail|address|account|a user|name|local|here|subscriber|alias)|resolver\.adr\S*(?:not ?found|invalid|recip)|recipnotfound|recipientnotfound|recipient not ?found|\bnot our customer|is not one of our|not a (?:valid|known|local|legal|real|current|registered|proper) (?:\S{1,20} ){0,2}?(?:user|recipient|mailbox|address|account|e-?mail|name|customer|person)",
        r"isn'?t (?:a |one |here|known|valid|in |on |listed)|is not (?:a |an |one of |here|known|valid|in (?:the|my|our)|on (?:this|our)|listed|located|recogni[sz]ed|registered|accepting unknown|at this)|are not (?:valid|known|recogni[sz]ed)|not (?:in|listed in|found in) (?:the |our |my |domino |public )?(?:\S{1,12} ){0,2}?(?:directory|address book|database|name|user list|virtual|aliases|table|control)|unable to (?:find|locate|resolve|verify|validate) (?:the |a |this )?(?:recipient|user|mailbox|address|alias|local|name)|(?:could|can) ?not (?:find|locate|resolve|be (?:found|resolved|located))[^.\n]{0,30}(?:recipient|user|mailbox|address|alias|account|name|person|e-?mail)|could not find (?:your|this|the) (?:recipient|user)|(?:recipient|user|address|it)[^.\n]{0,30}(?:could|can)(?:no| no|n')t be (?:found|resolved|located|verified|identified)|there is no (?:one|user|mailbox|account|such|person|e-?mail|recipient)|no (?:mailbox|mail ?box|account|user|one|recipient|person|valid recipients?|subscriber|valid|matching|local mailbox|mail drop|users?)(?: (?:is |with |by |here|at|for|of|named|in|found|known|exists?|on|this|that|called|named)| here|$|[.,;:!)])|mailbox unavailable|mailbox not available|mailbox (?:is )?(?:unknown|invalid|absent)|account (?:is )?not (?:available|active|activated)|user not (?:local|here|listed|available)|address (?:is )?(?:unknown|invalid|error|wrong)|mail ?box name (?:is )?not allowed|mailbox name invalid|name not (?:recogni[sz]ed|allowed)|deliver to .{0,30}(?:unknown|invalid)|check the (?:recipient'?s? )?(?:e-?mail )?address|bad (?:dest|mailbox|user|recipient|rcpt|local|address)|wrong (?:recipient|address|user)|misspelled|unrouteable address|unroutable address|unrouteable|address (?:does not|doesn'?t|not) (?:exist|found)|invalid (?:final|final delivery|user|users|rcpt|recip|recipients|mailbox|userid|username)|undeliverable address|undeliverable to (?:the )?(?:mailbox|specified)|recipient address rejected: (?:undeliverable|unknown|unverified|address|no|invalid|not|user|mailbox|verif|mail)|recipient (?:no longer|unknown|rejected\.? ?\(.{0,8}r)|deceased|former (?:user|customer|employee)|never existed|never logged",
        r"宛先.{0,20}(?:不明|存在|見つか|ありません|確認)|(?:ユーザ|アドレス|メールボックス).{0,20}(?:不明|存在し(?:ません|ない)|見つかりません|見つかり|ありません|誤り|間違|正しく)|存在しません|不正なアドレス|用户不存在|用户|收件人.{0,10}(?:不存在|错误)|不存在|존재하지|없습니다|알 수 없는",
        r"(?:benutzer|empf[äa]e?nger|adresse|postfach|konto|mailbox|teilnehmer)[^.\n]{0,50}(?:unbekannt|existiert nicht|nicht (?:gefunden|bekannt|vorhanden|existent|erreichbar|bekannt)|ung[üu]e?ltig|gibt es nicht)|unbekannter? (?:benutzer|empf|adress|nutzer)|(?:utilisateur|destinataire|adresse|compte|bo[iî]te)[^.\n]{0,40}(?:inconnu|n'existe|introuvable|inexistant|invalide)|(?:usuario|destinatario|direcci[oó]n|cuenta|buz[oó]n|casilla|utente|indirizzo|casella|usu[aá]rio|endere[cç]o|conta|caixa)[^.\n]{0,50}(?:desconocid|no existe|no v[aá]lid|inexist|no encontrad|sconosciut|non (?:esiste|valid|trovat|è|e')|desconhecid|n[aã]o (?:existe|encontrad)|inv[aá]lid)|(?:пользовател|получател|ящик|адрес|аккаунт|абонент)[^.\n]{0,50}(?:не (?:существ|найден|зарегистр|обнаруж|известен)|неизвест|отсутств|неверн)|нет (?:такого|пользовател|ящика)|неизвестн|(?:u[żz]ytkownik|adres|odbiorc|kont|skrzynk)[^.\n]{0,50}(?:nieznan|nie istnieje|nie (?:zosta|znalez|ma)|niepoprawn|nieprawid)|(?:gebruiker|adres|ontvanger)[^.\n]{0,30}(?:onbekend|bestaat niet|niet gevonden)|bestaat niet|uživatel|adresát|neexistuje|no existe|n'existe pas|inconnu\b|desconocido|kullanıcı",
    ),
    _row(
        Reason.SUSPENDED,
        r"temporarily (?:\S+ )?(?:disabled|suspended|locked|blocked|inactive|unavailable|deactivated|deferred|rejected)|suspend|on hold|under maintenance|vacation hold|account (?:is )?locked|unpaid|overdue|mailbox (?:is )?(?:locked|in use|busy)|too busy",
    ),
    _row(
        Reason.DISABLED,
        r"(?:user|recipient|mailbox|address|account|alias|inbox|it|subscriber|domain|mail|e-?mail)(?:'s)?(?:[^.\n]{0,50}) (?:disabled|discontinued|deactivated|de-activated|inactive|not active|closed|terminated|expired|deleted|removed|cancell?ed|no longer (?:active|available|valid|accept\w*|in (?:use|service)|exists?|being|monitored|receiv\w+|used|supported|hosted)|abandoned|retired|dormant|not (?:enabled|activated|in use|in service)|shut ?down|unused|been (?:closed|deleted|removed|disabled|terminated)|defunct)",
        r"(?:disabled|discontinued|deactivated|inactive|closed|terminated|expired|deleted|dead|cancell?ed|dormant|obsolete|invalidated) (?:due|e-?mail|user|recipient|mailbox|address|account|by)|no longer (?:active|available|valid|accept\w*|in use|in service|exists?)|mailbox disabled|user disabled|account disabled|not accepting (?:mail|messages|e-?mail|any)(?! \S{0,10} ?(?:with|from|containing|that))|has been (?:disabled|deleted|removed|closed|deactivated|discontinued)|account that you tried to reach is (?:disabled|inactive)|gesperrt|deaktiviert|désactiv|deshabilitad|desactivad|disattivat|заблокирован|отключен|удален|закрыт|nieaktywn|停止|無効|停用|休眠",
    ),
    _row(
        Reason.EXPIRED,
        r"expired|timed? ?-?out|time limit|too (?:old|long)|(?:retry|delivery|queue|message|connection) time(?:out)?|retry (?:limit|count)|has been in the queue|i'm not going to try again|not going to try|giving up|gave up|gives? up|unable to deliver .{0,40}(?:after|for|within) (?:\d+|several|many|the|a )|(?:undeliver|not (?:be )?deliver|not (?:been )?(?:sent|transmit)|failed|retr(?:y|ies|ied)|attempt|tried|trying)[^.\n]{0,60}(?:after|for|within|in|past|last|over) (?:the )?(?:last |past |a |more than |at least |specified |allotted )?\d* ?\d+ ?(?:hours?|days?|minutes?|times|attempts|retries|tries|seconds|h\b|d\b)|max(?:imum)? (?:number of )?(?:retries|attempts|retry|delivery|time)|maximum retries|\d+ (?:days|hours|retries|attempts)|within the (?:time|specified)|in the allotted|lifetime|time-to-live|kept trying|期限|超过|nicht innerhalb",
    ),
    _row(
        Reason.NETWORK,
        r"connection (?:\S+ )?(?:refused|lost|dropped|reset|closed|failed|broken|died|rejected|failure|terminated|unexpectedly|error)|connect(?:ion)? to|could(?: not|n'?t| n't) (?:connect|establish|contact|reach)|unable to connect|cannot connect|can'?t connect|failed to connect|no route to host|(?:network|host|server|destination) (?:is )?(?:un-?reachable|down|unavailable|not (?:respond|reach|avail)\w*)|no (?:answer|response|reply) from|not respond|unreachable|server (?:is )?(?:down|busy|not|too busy|unavailable)|temporary (?:lookup|dns|name)|name service error|name server|dns (?:timeout|temporary|lookup (?:error|problem)|server)|\btls\b|starttls|handshake|certificate|certificat|bad connection|lost connection|not (?:connect|contact)ed|deferred|接続",
        strong=False,
    ),
    _row(
        Reason.POLICY,
        r"polic(?:y|ies)|access (?:is |has been )?(?:denied|restricted|rejected|not)|permission denied|denied|blocked|refused|prohibited|forbidden|not (?:authori[sz]ed|allowed|permitted|accepted|welcome|wanted)|reject(?:ed|s|ing|ion)?|banned|security|restrict|transaction failed|administrative(?:ly)?|not accept|filter|unacceptable|拒否|拒绝|abgelehnt|rejet|rechaz|rifiut|отклонен|odrzuc|violat|complaint",
        strong=False,
    ),
    _row(
        Reason.SYSTEM,
        r"system (?:error|config|problem|full|not|storage)|insufficient system|local error|internal (?:server |software )?error|mailer error|i/o error|can(?:not|'t) (?:create|open|write|lock|append|update)|configuration (?:error|problem)|command (?:died|failed|unexpected|not|unrecogni)|temporary (?:failure|error|problem|local)|temporarily|try (?:again )?later|out of memory|resources?|crash|syntax error|bad sequence|protocol|unrecogni[sz]ed|not implemented|not supported|server error|server problem|deferral|conversion|address family|error writing|service (?:not available|unavailable)|aliasing|disk (?:full|error)|bare lf|bare linefeed|line too long|8bit|8-bit|encoding",
        strong=False,
    ),
)
