"""Style, script and frame of the HTML report. The page's policy admits these two by their hashes and nothing else."""

from string import Template

STYLE = """
:root{color-scheme:light dark;--bg:#fff;--card:#f6f8fa;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;--edge:#6e7781;--accent:#0b5cad;
--track:#dde3ea;
--good:#116329;--bad:#a40e26;--miss:#ffebe9;--mark:#fff3c4}
@media(prefers-color-scheme:dark){:root{--bg:#12161b;--card:#1b2128;--fg:#e6e9ec;--soft:#a6b0bb;--line:#363e47;--edge:#8b949e;
--accent:#79b8ff;
--track:#303943;--good:#6fdd8b;--bad:#ff9a92;--miss:#4a1d20;--mark:#4a3c0c}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;margin:0 auto;max-width:80rem;padding:1rem;color:var(--fg);
background:var(--bg)}
h1{font-size:1.6rem;margin:.5rem 0}h2{font-size:1.3rem;margin:2.2rem 0 .6rem}h3{font-size:1.05rem;margin:1.5rem 0 .4rem}
a{color:var(--accent)}.soft{color:var(--soft)}nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0;
margin:.5rem 0}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--bg);padding:.3rem .6rem}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,13.5rem),1fr));gap:.75rem;list-style:none;padding:0;
margin:.5rem 0}
.cards li{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem}
.cards .name{display:block;font-size:.9rem}.cards .value{display:block;font-size:1.7rem;font-weight:650;line-height:1.3}
.cards .soft{display:block;font-size:.8rem}svg.bar{display:block;width:100%;height:.5rem;margin:.25rem 0}
.bar .track{fill:var(--track)}.bar .range{fill:var(--accent);opacity:.45}.bar .at{fill:var(--accent)}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.4rem}
table{border-collapse:collapse;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{border-bottom:1px solid var(--line);padding:.4rem .6rem;text-align:left;vertical-align:top}tbody tr:last-child>*{border-bottom:0}
thead th{background:var(--card);white-space:nowrap}.figures td{min-width:8.2rem}.figures td b{font-size:1rem}
.figures tbody th{position:sticky;left:0;background:var(--bg);z-index:1;min-width:6rem}.figures tr:first-child>*{background:var(--card)}
td .soft{display:block;font-size:.78rem}.figures td .soft{white-space:nowrap}
.plots{columns:25rem;column-gap:1rem}
figure{margin:0 0 1rem;break-inside:avoid;border:1px solid var(--line);border-radius:.5rem;overflow:hidden}
figcaption{padding:.5rem .8rem;font-weight:600;
background:var(--card)}
figure img{display:block;width:100%;max-width:36rem;height:auto;margin:auto}figure{background:#fff}
.good{color:var(--good)}.bad{color:var(--bad);font-weight:600}
.miss{background:var(--miss);padding:.1rem .3rem;border-left:3px solid var(--bad)}.extra{background:var(--mark);padding:.1rem .3rem;
color:inherit}
form{font-size:.9rem;display:flex;gap:.6rem 1rem;flex-wrap:wrap;align-items:end;margin:.6rem 0}form label{display:flex;
flex-direction:column;
font-size:.85rem}
input,select,button{font:inherit;padding:.3rem .5rem;border:1px solid var(--edge);border-radius:.3rem;background:var(--bg);
color:var(--fg);min-height:2.2rem}
button{cursor:pointer}thead button{font-size:inherit;border:0;background:none;padding:0;font-weight:600;min-height:1.6rem;text-align:left}
thead [aria-sort=ascending] button::after{content:" ▲"}thead [aria-sort=descending] button::after{content:" ▼"}
#find{min-width:min(18rem,80vw)}output{font-weight:600;padding:.3rem 0}
summary{cursor:pointer}details pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;margin:.3rem 0}details ul{padding-left:1.2rem;
margin:.3rem 0}
details[open]>summary{font-weight:600}.answer{border-left:3px solid var(--line);padding-left:.7rem}#cases tbody th{font-weight:400;
white-space:nowrap}
#cases{table-layout:fixed;min-width:70rem;overflow-wrap:anywhere}
#cases th:nth-child(1){width:11.5rem}#cases th:nth-child(3){width:8rem}#cases th:nth-child(4){width:4.5rem}
#cases th:nth-child(5){width:8.2rem}
#cases th:nth-child(6){width:6.2rem}#cases th:nth-child(7){width:8rem}#cases th:nth-child(8){width:4.8rem}
#cases th:nth-child(9){width:6rem}
#cases th:nth-child(10){width:4rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
@media(max-width:48rem){#cases th:nth-child(1),#cases :is(th,td):nth-child(n+4){display:none}#cases{min-width:0}
#cases th:nth-child(3){width:6.2rem}

h1{font-size:1.35rem}.cards{grid-template-columns:1fr 1fr}.cards .value{font-size:1.35rem}}
@media print{nav,form,.skip{display:none}.scroll{overflow:visible;border:0}body{max-width:none;padding:0;font-size:11pt}
#cases{table-layout:auto;min-width:0}figure,.cards li{break-inside:avoid}}
"""
SCRIPT = """
const body=document.querySelector('#cases tbody'),rows=[...body.rows],by=id=>document.getElementById(id);
const text=by('find'),count=by('count'),choices=['half','category','language','status'].map(by).filter(Boolean),verdict=by('verdict');
const words=new Map(rows.map(row=>[row,row.textContent.toLowerCase()]));
function filter(){const asked=text.value.toLowerCase().split(/\\s+/).filter(Boolean);let n=0;
for(const row of rows){const ok=asked.every(w=>words.get(row).includes(w))&&choices.every(c=>!c.value||row.dataset[c.id]===c.value)&&
(!verdict.value||row.dataset.verdict.split(' ').includes(verdict.value));row.hidden=!ok;n+=ok;}
count.textContent=n+' of '+rows.length+' cases';}
for(const e of [text,verdict,...choices])e.addEventListener('input',filter);
document.querySelector('form').addEventListener('submit',e=>e.preventDefault());
document.querySelector('form').addEventListener('reset',()=>setTimeout(filter));
const key=cell=>cell.dataset.sort??cell.textContent,order=new Intl.Collator('en',{numeric:true});
for(const button of document.querySelectorAll('#cases thead button'))button.addEventListener('click',()=>{
const head=button.parentElement,up=head.getAttribute('aria-sort')!=='ascending',at=head.cellIndex;
for(const other of head.parentElement.cells)other.setAttribute('aria-sort','none');
head.setAttribute('aria-sort',up?'ascending':'descending');
body.append(...[...rows].sort((a,b)=>(up?1:-1)*order.compare(key(a.cells[at]),key(b.cells[at]))));});
by('open').addEventListener('click',e=>{const open=e.target.getAttribute('aria-pressed')!=='true';
e.target.setAttribute('aria-pressed',open);
for(const row of rows)if(!row.hidden)for(const d of row.querySelectorAll('details'))d.open=open;});
body.addEventListener('toggle',e=>{const cell=e.target.parentElement,wide=e.target.open&&matchMedia('(min-width:48.01rem)').matches;
cell.colSpan=wide?9:1;for(let next=cell.nextElementSibling;next;next=next.nextElementSibling)next.hidden=wide;},true);
addEventListener('beforeprint',()=>{for(const d of document.querySelectorAll('details'))d.open=true;});filter();
"""
PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';img-src data:;style-src '$style_hash';script-src '$script_hash';\
base-uri 'none';form-action 'none'">
<title>Evaluation $name</title><style>$style</style></head><body>
<a class="skip" href="#main">Skip to the figures</a>
<header><h1>Evaluation run $name</h1>
<p class="soft">$about</p>
<nav aria-label="Parts of this page"><ul>$links</ul></nav></header>
<main id="main">$halves
<h2 id="all-cases">Cases</h2>
<form role="search" aria-label="Filter the cases"><label>Search <input id="find" type="search" autocomplete="off"></label>
$selects<button type="reset">Show all</button><button type="button" id="open" aria-pressed="false">Unfold</button>
<output id="count" for="find"></output></form>
<div class="scroll" tabindex="0" role="region" aria-label="Table of cases"><table id="cases"><thead><tr>$head</tr></thead>
<tbody>$rows</tbody></table></div>
<h2 id="record">How this run was made</h2><details><summary>Corpus, index, settings, versions</summary><pre>$record</pre></details>
</main><script>$script</script></body></html>
""")
