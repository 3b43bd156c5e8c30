// What runs in the API reference; nothing of it leaves the page. Narrows the list while one types (`/` goes to the field), opens what an
// address leads to, writes this installation's own address into the first example, and copies examples.

export const API_SCRIPT = `const field=document.getElementById('search'),none=document.getElementById('none'),all=[...document.querySelectorAll('article')];
function look(){const words=field.value.toLowerCase().split(/\\s+/).filter(Boolean);let n=0;for(const a of all){a.hidden=!words.every(w=>a.dataset.text.includes(w));if(!a.hidden)n++}for(const s of document.querySelectorAll('section'))s.hidden=!s.querySelector('article:not([hidden])');none.hidden=n>0}
function lead(){const to=document.getElementById(decodeURIComponent(location.hash.slice(1)));if(!to)return;if(to.closest('[hidden]')){field.value='';look()}const of=to.querySelector(':scope>details');if(of)of.open=true;to.scrollIntoView()}
field.addEventListener('input',look);addEventListener('hashchange',lead);addEventListener('keydown',e=>{if(e.key==='/'&&document.activeElement!==field){e.preventDefault();field.focus()}});
document.getElementById('origin').textContent=location.origin;
if(navigator.clipboard)for(const pre of document.querySelectorAll('pre')){const b=document.createElement('button');b.textContent='Copy';b.className='copy';b.addEventListener('click',async()=>{await navigator.clipboard.writeText(pre.textContent);b.textContent='Copied';setTimeout(()=>{b.textContent='Copy'},1500)});const box=document.createElement('div');box.className='code';pre.replaceWith(box);box.append(pre,b)}
look();lead()`
